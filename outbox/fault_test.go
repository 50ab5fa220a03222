package outbox_test

// cut ends the replication connection from the server's side.
func (f *fixture) cut() {
	f.Helper()
	_, err := f.pool.Exec(f.Context(), "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND slot_name = $1", f.slot)
	if err != nil {
		f.Fatal(err)
	}
}
