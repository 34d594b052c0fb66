package api

import (
	"context"

	"storelink"
	"storelink/internal/api/gen/operator"
)

type healthHandlers struct {
	ready func(ctx context.Context) error
}

// GetLiveness answers GET /healthz.
func (healthHandlers) GetLiveness(context.Context, operator.GetLivenessRequestObject) (operator.GetLivenessResponseObject, error) {
	return operator.GetLiveness200JSONResponse{Status: operator.Ok}, nil
}

// GetReadiness answers GET /readyz.
func (h healthHandlers) GetReadiness(ctx context.Context, _ operator.GetReadinessRequestObject) (operator.GetReadinessResponseObject, error) {
	if err := h.ready(ctx); err != nil {
		return nil, storelink.Errorf(storelink.ErrDatabaseUnavailable, "The database or its migrations are not ready.").WithCause(err)
	}
	return operator.GetReadiness200JSONResponse{Status: operator.Ok}, nil
}
