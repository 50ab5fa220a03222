package httpapi_test

import (
	"bytes"
	"errors"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/millrace/millrace/httpapi"
)

// TestForms reads a form whose file is too large for memory, with an idempotency key and without, and in a handler that panics.
func TestForms(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(bytes.Repeat([]byte("x"), 1<<10))
	_ = form.Close()
	r := whole(t, startRedis(t).client(), tracetest.NewSpanRecorder(), func(s *httpapi.Steps) { s.MaxBody, s.Timeout = 1<<20, time.Minute })
	var name string
	r.Post("/{how}", func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(0); err != nil {
			t.Error(err)
			return
		}
		file, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		onDisk, is := file.(*os.File)
		if !is {
			t.Error("the file is in memory")
			return
		}
		if name = onDisk.Name(); r.URL.Path == "/panics" {
			panic("broken")
		}
	})
	for path, key := range map[string]string{"/plain": "", "/keyed": "k", "/panics": ""} {
		headers := []string{"Badge", "ann acme", "Content-Type", form.FormDataContentType()}
		if key != "" {
			headers = append(headers, "Idempotency-Key", key)
		}
		name = ""
		if got := ask(t, r, "POST", path, body.String(), headers...); path != "/panics" && got.status != 200 {
			t.Errorf("%s: %+v", path, got)
		}
		if _, err := os.Stat(name); name == "" || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the file %q is left: %v", path, name, err)
		}
	}
}
