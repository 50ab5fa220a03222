package machines

import "reflect"

// Guard decides whether a transition may be made. See [Check].
type Guard[S, E ~string, D any] struct {
	payload reflect.Type
	call    func(Instance[S, D], Payload[E]) error
}

// Check makes a guard of a function that sees the instance as it is and the event. Its error is the reason that who asks
// is told; nil lets the transition be made.
func Check[S, E ~string, D any, P Payload[E]](allow func(Instance[S, D], P) error) Guard[S, E, D] {
	return Guard[S, E, D]{payload: reflect.TypeFor[P](), call: func(i Instance[S, D], payload Payload[E]) error {
		return allow(i, payload.(P)) //nolint:forcetypeassert // checked when the machine was defined
	}}
}

// Step is what a transition does. See [Do].
type Step[S, E ~string, D any] struct {
	payload reflect.Type
	call    func(Instance[S, D], Payload[E]) (D, Effects)
}

// Do makes a step of a function that sees the instance as it is and the event, and returns the instance's data from then
// on and what is to be published with the transition. It must do nothing else: it is called again when a transaction has
// to be made again.
func Do[S, E ~string, D any, P Payload[E]](step func(Instance[S, D], P) (D, Effects)) Step[S, E, D] {
	return Step[S, E, D]{payload: reflect.TypeFor[P](), call: func(i Instance[S, D], payload Payload[E]) (D, Effects) {
		return step(i, payload.(P)) //nolint:forcetypeassert // checked when the machine was defined
	}}
}
