package check_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"sigs.k8s.io/yaml"
)

// use is a metric that a rule, a dashboard or an autoscaler names, with the labels that it has there.
type use struct {
	where, metric string
	labels        []string
}

// alertFile is a file of rules, as Prometheus reads it.
type alertFile struct {
	Groups []struct {
		Name  string  `json:"name"`
		Rules []alert `json:"rules"`
	} `json:"groups"`
}

type alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	text, err := os.ReadFile("../prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file alertFile
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// named are the labels that a template shows.
var named = regexp.MustCompile(`\{\{ ?(?:\$labels\.)?([a-z_]+) ?\}\}`)

// parse finds the metrics of an expression: each with the labels that it is matched and grouped by.
func parse(t *testing.T, where, expression string, templates ...string) (uses []use) {
	t.Helper()
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return nil
	}
	grouped := map[string]bool{}
	parser.Inspect(tree, func(node parser.Node, path []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		one := use{where: where, metric: selector.Name}
		for _, matcher := range selector.LabelMatchers {
			if matcher.Name != "__name__" {
				one.labels = append(one.labels, matcher.Name)
			}
		}
		for _, above := range path {
			if aggregate, is := above.(*parser.AggregateExpr); is {
				one.labels = append(one.labels, aggregate.Grouping...)
				for _, label := range aggregate.Grouping {
					grouped[label] = true
				}
			}
		}
		uses = append(uses, one)
		return nil
	})
	for _, template := range templates {
		for _, match := range named.FindAllStringSubmatch(template, -1) {
			if !grouped[match[1]] && len(grouped) > 0 {
				t.Errorf("%s shows the label %s, which the expression does not have", where, match[1])
			}
		}
	}
	return uses
}

// uses are all metrics that are named in deploy.
func uses(t *testing.T) (all []use) {
	t.Helper()
	for _, a := range alerts(t) {
		all = append(all, parse(t, a.Alert, a.Expr, a.Annotations["summary"])...)
	}
	boards, err := filepath.Glob("../grafana/*.json")
	if err != nil || len(boards) < 5 {
		t.Fatal(boards, err)
	}
	for _, board := range boards {
		text, err := os.ReadFile(board)
		if err != nil {
			t.Fatal(err)
		}
		var dashboard struct {
			UID    string `json:"uid"`
			Panels []struct {
				Title   string `json:"title"`
				Targets []struct {
					Expr         string `json:"expr"`
					LegendFormat string `json:"legendFormat"`
				} `json:"targets"`
			} `json:"panels"`
		}
		if err := json.Unmarshal(text, &dashboard); err != nil || dashboard.UID == "" {
			t.Fatal(board, err)
		}
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				all = append(all, parse(t, filepath.Base(board)+": "+panel.Title, target.Expr, target.LegendFormat)...)
			}
		}
	}
	for _, object := range manifests(t, "base") {
		scaler, ok := object.(*autoscalingv2.HorizontalPodAutoscaler)
		if !ok {
			continue
		}
		for _, m := range scaler.Spec.Metrics {
			switch {
			case m.External != nil:
				one := use{where: scaler.Name, metric: m.External.Metric.Name}
				for label := range m.External.Metric.Selector.MatchLabels {
					one.labels = append(one.labels, label)
				}
				all = append(all, one)
			case m.Pods != nil:
				all = append(all, use{where: scaler.Name, metric: m.Pods.Metric.Name})
			}
		}
	}
	return all
}
