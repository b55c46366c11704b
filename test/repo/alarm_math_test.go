package repo

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// An alarm of the template on metric math, as CloudWatch evaluates it. Times are in minutes.
type alarm struct {
	expression                  ast.Expr
	metrics                     map[string]string // by id
	period, periods, datapoints int
	threshold                   float64
}

func readAlarm(t *testing.T, template *yaml.Node, name string) alarm {
	t.Helper()
	properties := at(template, "Resources."+name+".Properties")
	a := alarm{
		metrics:   map[string]string{},
		periods:   number(t, at(properties, "EvaluationPeriods").Value),
		threshold: float64(number(t, at(properties, "Threshold").Value)),
	}
	a.datapoints = number(t, cmp.Or(at(properties, "DatapointsToAlarm").Value, at(properties, "EvaluationPeriods").Value))
	for _, m := range at(properties, "Metrics").Content {
		if text := at(m, "Expression").Value; text != "" {
			a.expression = parse(t, text)
			continue
		}
		a.metrics[at(m, "Id").Value] = at(m, "MetricStat.Metric.MetricName").Value
		a.period = number(t, at(m, "MetricStat.Period").Value) / 60
	}
	return a
}

// parse reads metric math, of which the template uses what Go's syntax has too, but for the brackets of a list.
func parse(t *testing.T, text string) ast.Expr {
	t.Helper()
	e, err := parser.ParseExpr(strings.NewReplacer("[", "", "]", "").Replace(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

var operators = map[token.Token]func(a, b float64) float64{
	token.ADD: func(a, b float64) float64 { return a + b },
	token.SUB: func(a, b float64) float64 { return a - b },
	token.MUL: func(a, b float64) float64 { return a * b },
}

// evaluate computes an expression over what each id has in a period; an id without data is absent. AWS's pages do not say
// whether FILL makes data where a metric has none at all: fills is the answer.
func evaluate(x ast.Expr, data map[string]float64, fills bool) (float64, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		v, err := strconv.ParseFloat(x.Value, 64)
		return v, err == nil
	case *ast.Ident:
		v, ok := data[x.Name]
		return v, ok
	case *ast.BinaryExpr:
		a, hasA := evaluate(x.X, data, fills)
		b, hasB := evaluate(x.Y, data, fills)
		return operators[x.Op](a, b), hasA && hasB
	case *ast.CallExpr:
		return call(x, data, fills)
	}
	return 0, false
}

func call(x *ast.CallExpr, data map[string]float64, fills bool) (float64, bool) {
	if x.Fun.(*ast.Ident).Name == "FILL" {
		if v, ok := evaluate(x.Args[0], data, fills); ok || !fills {
			return v, ok
		}
		return evaluate(x.Args[1], data, fills)
	}
	sum, some := 0.0, false // SUM leaves out what has no data
	for _, arg := range x.Args {
		v, ok := evaluate(arg, data, fills)
		sum, some = sum+v, some || ok
	}
	return sum, some
}

// A record is how often each metric was counted until the end of each minute.
type record map[string][]float64

// add counts a metric once, at a second of the record.
func (r record) add(metric string, second float64) {
	if minute := int(second / 60); minute >= 0 && minute < len(r[metric]) {
		r[metric][minute]++
	}
}

// total turns counts of each minute into sums since the beginning.
func (r record) total() {
	for _, counts := range r {
		for i := range counts[1:] {
			counts[i+1] += counts[i]
		}
	}
}

// rings reports whether the alarm goes off at the end of a minute. CloudWatch looks every minute, at the periods before.
func (a alarm) rings(r record, minute int, fills bool) bool {
	breaching := 0
	data := map[string]float64{}
	for i := range a.periods {
		end := minute - i*a.period
		if end < a.period {
			break
		}
		clear(data)
		for id, metric := range a.metrics {
			if n := r[metric][end] - r[metric][end-a.period]; n > 0 {
				data[id] = n
			}
		}
		if v, ok := evaluate(a.expression, data, fills); ok && v >= a.threshold {
			breaching++
		}
	}
	return breaching >= a.datapoints
}

// first returns the first minute at which the alarm goes off; -1 if it does not.
func (a alarm) first(r record, fills bool) int {
	for minute := range r["FailedChecks"] {
		if a.rings(r, minute, fills) {
			return minute
		}
	}
	return -1
}
