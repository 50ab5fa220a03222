package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/millrace/millrace/internal/embedded"
)

func (d *dev) startKafka() (string, error) {
	if !d.flags.ownKafka {
		at := d.global.kafkaURL()
		d.out.part("kafka", kafkaSeed(at), "from KAFKA_URL")
		return at, nil
	}
	opts := []embedded.BrokerOption{embedded.BrokerLog(d.log)}
	if d.flags.fsync {
		opts = append(opts, embedded.SyncWrites())
	}
	broker, err := embedded.StartBroker(d.flags.kafka, d.dir, opts...)
	if errors.Is(err, embedded.ErrPortInUse) {
		return "", fmt.Errorf("%w; stop it, choose another address with --kafka, or set KAFKA_URL to use a cluster that runs", err)
	}
	if err != nil {
		return "", err
	}
	d.later(func() error { broker.Close(); return nil })
	d.out.part("kafka", broker.Address(), "embedded broker")
	return broker.URL(), nil
}

func (d *dev) startDatabase(ctx context.Context) (string, error) {
	if d.global.database != "" {
		d.out.part("postgres", hostOf(d.global.database), "from DATABASE_URL")
		return d.global.database, nil
	}
	database, err := embedded.StartDatabase(ctx, d.dir, embedded.DatabaseOptions{
		Programs: d.flags.postgres,
		Begin:    func(folder string) embedded.Progress { return d.out.downloading("PostgreSQL", folder) },
	})
	if err != nil {
		return "", err
	}
	d.later(func() error { return database.Close(context.WithoutCancel(ctx)) })
	note := "embedded server"
	if database.Adopted() {
		note = "embedded server, adopted: an earlier run left it behind"
	}
	if filepath.Dir(database.Folder()) != d.dir.Path() {
		note += "; data in " + database.Folder() + ", since PostgreSQL does not run as root and no other user may enter " + d.dir.Path()
	}
	d.out.part("postgres", hostOf(database.URL()), note)
	return database.URL(), nil
}

func (d *dev) startRedis() (string, error) {
	if d.global.redis != "" {
		d.out.part("redis", hostOf(d.global.redis), "from REDIS_URL")
		return d.global.redis, nil
	}
	redis, err := embedded.StartRedis()
	if err != nil {
		return "", err
	}
	d.later(func() error { redis.Close(); return nil })
	d.out.part("redis", hostOf(redis.URL()), "embedded server, keeps nothing")
	return redis.URL(), nil
}

// hostOf is an address without its credentials.
func hostOf(address string) string {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" {
		return "as configured"
	}
	return at.Host
}
