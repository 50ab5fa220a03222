module github.com/millrace/millrace/bench/tasks

go 1.26.0
