package pgaddress_test

import (
	"testing"

	"github.com/millrace/millrace/internal/pgaddress"
)

func TestPoolSettings(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://shop:secret@db:5433/orders?pool_max_conns=20&pool_max_conn_lifetime=1h&application_name=shop",
		"host=db port=5433 user=shop password=secret dbname=orders pool_max_conns=20 application_name=shop",
	} {
		config, err := pgaddress.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if config.Host != "db" || config.Port != 5433 || config.Database != "orders" || config.User != "shop" || config.Password != "secret" {
			t.Errorf("it leads to %s:%d/%s", config.Host, config.Port, config.Database)
		}
		if len(config.RuntimeParams) != 1 || config.RuntimeParams["application_name"] != "shop" {
			t.Errorf("the server is told %v", config.RuntimeParams)
		}
	}
	if _, err := pgaddress.Parse("postgres://shop@db/orders?pool_max_conns=many"); err == nil {
		t.Error("a pool of many connections is taken")
	}
}
