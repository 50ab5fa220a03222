package phase

import (
	"encoding/json"
	"errors"
	"io"
)

// Hear answers all marks that measure tells, as a bench does, and returns them.
func Hear[M any](measure func(Teller) error) ([]M, error) {
	said, out := io.Pipe()
	in, answers := io.Pipe()
	var marks []M
	var failed error
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for from := json.NewDecoder(said); failed == nil; {
			var m M
			if from.Decode(&m) != nil {
				return
			}
			marks = append(marks, m)
			_, failed = answers.Write([]byte("\n"))
		}
	}()
	err := measure(Teller{In: in, Out: out})
	_ = out.Close() // it never fails
	<-heard
	return marks, errors.Join(err, failed)
}
