package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"storelink/internal/api/gen/operator"
)

// textFormat is Prometheus' text exposition format 0.0.4, which every scraper reads.
var textFormat = expfmt.NewFormat(expfmt.TypeTextPlain)

type scrapeHandlers struct {
	metrics prometheus.Gatherer
}

// GetMetrics answers GET /metrics.
func (h scrapeHandlers) GetMetrics(context.Context, operator.GetMetricsRequestObject) (operator.GetMetricsResponseObject, error) {
	families, err := h.metrics.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, textFormat)
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return nil, fmt.Errorf("write metrics: %w", err)
		}
	}
	return scrape{text.Bytes()}, nil
}

type scrape struct{ text []byte }

// VisitGetMetricsResponse writes the metrics with the content type that names their format.
func (s scrape) VisitGetMetricsResponse(w http.ResponseWriter) error {
	w.Header().Set(echo.HeaderContentType, string(textFormat))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(s.text)
	return err
}
