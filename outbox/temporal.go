package outbox

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

const (
	microsADay    = 24 * 60 * 60 * 1_000_000
	microsAnHour  = 60 * 60 * 1_000_000
	microsAMinute = 60 * 1_000_000
	microsASecond = 1_000_000
	millisecond   = 1_000
)

// temporal makes a date or time column what time.precision.mode says: numbers since 1970 or midnight, in the units that
// the mode or the column's precision gives; with a time zone, ISO 8601 in UTC.
func (f *field) temporal(mode string) {
	precision := int(f.column.modifier)
	if precision < 0 {
		precision = 6
	}
	unit, kind, divide := "Micro", kindInt64, int64(1)
	if precision <= 3 && (mode == "adaptive" || mode == "adaptive_time_microseconds" && f.column.oid == oidTimestamp) {
		unit, divide = "", millisecond
		if f.column.oid == oidTime {
			kind = kindInt32
		}
	}
	number := func(kind, name string, read func([]byte) (int64, error)) {
		f.schema = &connectSchema{kind: kind, name: "io.debezium.time." + name, version: 1}
		f.text = func(dst, raw []byte) ([]byte, error) {
			value, err := read(raw)
			return strconv.AppendInt(dst, value, 10), err
		}
		f.json = f.text
	}
	switch f.column.oid {
	case oidDate:
		number(kindInt32, "Date", epochDays)
	case oidTime:
		number(kind, unit+"Time", func(raw []byte) (int64, error) {
			micros, err := timeOfDay(raw)
			return micros / divide, err
		})
	case oidTimestamp:
		number(kindInt64, unit+"Timestamp", func(raw []byte) (int64, error) { return epoch(raw, divide) })
	case oidTimestamptz:
		f.schema.name, f.schema.version = "io.debezium.time.ZonedTimestamp", 1
		f.text = func(dst, raw []byte) ([]byte, error) { return zonedTimestamp(dst, raw, precision) }
		f.json = inQuotes(f.text)
	default:
		f.schema.name, f.schema.version, f.text = "io.debezium.time.ZonedTime", 1, zonedTime
		f.json = inQuotes(f.text)
	}
}

func floorDivide(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func errTime(raw []byte) error {
	return fmt.Errorf("%w: a date or time of %d bytes that cannot be read", errMalformed, len(raw))
}

// epochDays reads a date of ISO style.
func epochDays(raw []byte) (int64, error) {
	switch string(raw) { // what Debezium makes of what PostgreSQL's driver makes of infinity
	case "infinity":
		return 2146033979, nil
	case "-infinity":
		return -2147472691, nil
	}
	date, bc := bytes.CutSuffix(raw, []byte(" BC"))
	parts := bytes.Split(date, []byte("-"))
	if len(parts) != 3 { //nolint:mnd // year, month and day
		return 0, errTime(raw)
	}
	var numbers [3]int
	for i, part := range parts {
		var err error
		if numbers[i], err = strconv.Atoi(string(part)); err != nil {
			return 0, errTime(raw)
		}
	}
	if bc {
		numbers[0] = 1 - numbers[0]
	}
	seconds := time.Date(numbers[0], time.Month(numbers[1]), numbers[2], 0, 0, 0, 0, time.UTC).Unix()
	return floorDivide(seconds, microsADay/microsASecond), nil
}

// timeOfDay reads hours, minutes, seconds and their fraction as microseconds.
func timeOfDay(raw []byte) (int64, error) {
	const whole = len("00:00:00")
	if len(raw) < whole || raw[2] != ':' || raw[5] != ':' {
		return 0, errTime(raw)
	}
	micros := int64(0)
	for i, unit := range []int64{microsAnHour, microsAMinute, microsASecond} {
		n, err := strconv.ParseUint(string(raw[3*i:3*i+2]), 10, 8)
		if err != nil {
			return 0, errTime(raw)
		}
		micros += int64(n) * unit
	}
	if len(raw) == whole {
		return micros, nil
	}
	fraction := raw[whole+1:]
	n, err := strconv.ParseUint(string(fraction), 10, 32)
	if err != nil || raw[whole] != '.' || len(fraction) > 6 {
		return 0, errTime(raw)
	}
	for range 6 - len(fraction) {
		n *= 10
	}
	return micros + int64(n), nil
}

// epoch reads a date and a time of day as units of so many microseconds.
func epoch(raw []byte, unit int64) (int64, error) {
	// What Debezium makes of what PostgreSQL's driver makes of infinity.
	switch text := string(raw); {
	case text == "infinity" && unit == 1:
		return math.MaxInt64, nil
	case text == "-infinity" && unit == 1:
		return math.MinInt64, nil
	case text == "infinity":
		return 9223372036825200000, nil
	case text == "-infinity":
		return -9223372036832400000, nil
	}
	moment, bc := bytes.CutSuffix(raw, []byte(" BC"))
	date, clock, ok := bytes.Cut(moment, []byte(" "))
	if bc {
		date = append(bytes.Clone(date), " BC"...)
	}
	days, err := epochDays(date)
	if err != nil || !ok {
		return 0, errTime(raw)
	}
	micros, err := timeOfDay(clock)
	return floorDivide(days*microsADay+micros, unit), err
}

// zonedTimestamp reads a moment, which PostgreSQL wrote in UTC, and writes it in ISO 8601 with as many digits as the
// column's precision.
func zonedTimestamp(dst, raw []byte, precision int) ([]byte, error) {
	moment, bc := bytes.CutSuffix(raw, []byte(" BC"))
	moment, utc := bytes.CutSuffix(moment, []byte("+00"))
	date, clock, ok := bytes.Cut(moment, []byte(" "))
	if !utc || !ok {
		if s := string(raw); s == "infinity" || s == "-infinity" {
			return append(dst, raw...), nil
		}
		return nil, errTime(raw)
	}
	year, rest, _ := bytes.Cut(date, []byte("-"))
	switch n, err := strconv.Atoi(string(year)); {
	case err != nil:
		return nil, errTime(raw)
	case bc && n > 1:
		dst = fmt.Appendf(dst, "-%04d", n-1)
	case bc:
		dst = append(dst, "0000"...)
	case len(year) > len("9999"):
		dst = append(append(dst, '+'), year...)
	default:
		dst = append(dst, year...)
	}
	dst = append(append(append(dst, '-'), rest...), 'T')
	dst = append(dst, clock...)
	if precision > 0 {
		whole, fraction, _ := bytes.Cut(clock, []byte("."))
		if len(clock) == len(whole) {
			dst = append(dst, '.')
		}
		dst = append(dst, bytes.Repeat([]byte("0"), max(precision-len(fraction), 0))...)
	}
	return append(dst, 'Z'), nil
}

// zonedTime reads a time of day with an offset and writes it in UTC.
func zonedTime(dst, raw []byte) ([]byte, error) {
	at := bytes.LastIndexAny(raw, "+-")
	if at < 0 {
		return nil, errTime(raw)
	}
	micros, err := timeOfDay(raw[:at])
	if err != nil {
		return nil, err
	}
	offset := int64(0)
	for i, part := range bytes.Split(raw[at+1:], []byte(":")) {
		n, err := strconv.ParseUint(string(part), 10, 8)
		if err != nil || i > 2 {
			return nil, errTime(raw)
		}
		offset += int64(n) * []int64{microsAnHour, microsAMinute, microsASecond}[i]
	}
	if raw[at] == '-' {
		offset = -offset
	}
	if micros != microsADay || offset != 0 { // 24:00 in UTC stays
		micros = (micros - offset + 2*microsADay) % microsADay
	}
	dst = fmt.Appendf(dst, "%02d:%02d:%02d", micros/microsAnHour, micros/microsAMinute%60, micros/microsASecond%60)
	if fraction := micros % microsASecond; fraction > 0 {
		dst = bytes.TrimRight(fmt.Appendf(dst, ".%06d", fraction), "0")
	}
	return append(dst, 'Z'), nil
}
