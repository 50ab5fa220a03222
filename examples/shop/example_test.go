package shop_test

import (
	"fmt"

	"github.com/millrace/millrace/examples/shop"
)

func Example() {
	placed := shop.OrderPlaced.New(shop.Order{ID: "42", Customer: "Ada"})
	fmt.Println(placed.Contract().Name(), "goes to", placed.Contract().Topic(), "with the key", placed.Key())
	fmt.Println("browsers follow the channel", shop.Orders.Name())
	// Output:
	// shop.order.placed goes to outbox.event.order with the key 42
	// browsers follow the channel orders
}

func ExampleNew() {
	_, err := shop.New(shop.Deps{})
	fmt.Println(err)
	// Output: shop: new: give Deps a Pool, a Bus and a Hub
}
