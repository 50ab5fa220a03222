// Command centrifuge is the side of the bench "push" that runs the library centrifuge in one node: without a broker, or fed by a Kafka topic.
package main
