package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"time"

	"github.com/labstack/echo/v4"

	"storelink"
	"storelink/internal/api/gen/operator"
)

const (
	defaultProfile = 30 * time.Second
	maxProfile     = 60 * time.Second
)

// profileHandlers show what the process does. The command line is not among it, since it may hold settings.
type profileHandlers struct{}

// ListProfiles answers GET /debug/pprof.
func (profileHandlers) ListProfiles(context.Context, operator.ListProfilesRequestObject) (operator.ListProfilesResponseObject, error) {
	list := operator.ListProfiles200JSONResponse{Items: []operator.Profile{}}
	for _, p := range pprof.Profiles() {
		list.Items = append(list.Items, operator.Profile{Name: p.Name(), Count: p.Count()})
	}
	return list, nil
}

// GetProfile answers GET /debug/pprof/{profile}. CPU profile and trace take their time; only one of each runs at once.
func (profileHandlers) GetProfile(ctx context.Context, r operator.GetProfileRequestObject) (operator.GetProfileResponseObject, error) {
	lasts := defaultProfile
	if r.Params.Seconds != nil {
		lasts = time.Duration(*r.Params.Seconds) * time.Second
	}
	p := profile{ctx: ctx, name: r.Profile, debug: deref(r.Params.Debug), lasts: lasts}
	switch p.name {
	case "profile", "trace":
		if p.debug != 0 {
			return nil, invalid(storelink.FieldError{Pointer: "debug", Detail: "is for profiles that do not take time"})
		}
	default:
		if r.Params.Seconds != nil {
			return nil, invalid(storelink.FieldError{Pointer: "seconds", Detail: "is for profile and trace"})
		}
		if pprof.Lookup(p.name) == nil {
			return nil, storelink.Errorf(storelink.ErrNotFound, "There is no such profile.")
		}
	}
	return p, nil
}

// profile is written as it comes about.
type profile struct {
	ctx   context.Context
	name  string
	debug int
	lasts time.Duration
}

// VisitGetProfileResponse writes the profile: what pprof reads, or text where debug asks for it.
func (p profile) VisitGetProfileResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set(echo.HeaderContentType, "application/octet-stream")
	h.Set(echo.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", p.name))
	switch p.name {
	case "profile":
		if err := pprof.StartCPUProfile(w); err != nil {
			return underWay(h, err)
		}
		defer pprof.StopCPUProfile()
	case "trace":
		if err := trace.Start(w); err != nil {
			return underWay(h, err)
		}
		defer trace.Stop()
	default:
		if p.debug > 0 {
			h.Set(echo.HeaderContentType, "text/plain; charset=utf-8")
			h.Del(echo.HeaderContentDisposition)
		}
		return pprof.Lookup(p.name).WriteTo(w, p.debug)
	}
	timer := time.NewTimer(p.lasts)
	defer timer.Stop()
	select {
	case <-p.ctx.Done():
	case <-timer.C:
	}
	return nil
}

func underWay(h http.Header, err error) error {
	h.Del(echo.HeaderContentDisposition)
	return storelink.Errorf(storelink.ErrTooManyRequests, "Another profile is being taken.").WithCause(err)
}
