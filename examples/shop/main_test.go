package shop_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/pgtest"
)

var shared pgtest.Shared

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}
