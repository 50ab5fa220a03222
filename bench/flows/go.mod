module github.com/millrace/millrace/bench/flows

go 1.26.0
