package upstream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"storelink"
	"storelink/internal/upstream"
)

func TestNewRefusesAddressesThatCannotBeUsed(t *testing.T) {
	for _, address := range []string{"", "otter.example", "ftp://otter.example", "https://", "https://u:p@otter.example", "https://otter.example?a=b", "https://otter.example/#f", "https://a b"} {
		_, err := upstream.New(upstream.Options{BaseURL: address})
		require.Error(t, err, address)
	}
}

func TestNothingButOurOwnHeadersGoesOut(t *testing.T) {
	o := newOtter(t, answer{status: 204, header: http.Header{"Set-Cookie": {"a=b"}}})
	c := newClient(t, upstream.Options{BaseURL: o.URL + "/otter/"})
	require.NoError(t, c.Connect(t.Context(), call(), "K-17"))
	require.NoError(t, c.Connect(t.Context(), call(), "K-17"))

	for _, r := range o.asked() {
		require.Equal(t, "/otter/organization/v1/organization/brands/"+brandID+"/stores/"+storeID+"/connection", r.RequestURI)
		want := http.Header{
			"Authorization": {"Bearer " + token.Value}, "Accept": {"application/json"}, "User-Agent": {"storelink"},
			"Content-Type": {"application/json"}, "Content-Length": {"18"}, "Accept-Encoding": {"gzip"},
		}
		require.Equal(t, want, r.Header)
	}
}

func TestIDsThatAreNotUUIDsAreNeverSent(t *testing.T) {
	o := newOtter(t, answer{status: 200, body: `{}`})
	c := clientOf(t, o)
	for _, id := range []string{"", "..", "..%2f", "../../v1", brandID + "/x", brandID + "?a=b", "{" + brandID + "}", "urn:uuid:" + brandID} {
		for name, ask := range map[string]func() error{
			"brand":  func() error { _, err := c.Brand(t.Context(), token, id); return err },
			"stores": func() error { _, err := c.Stores(t.Context(), token, storelink.LaneBackground, id); return err },
			"store": func() error {
				_, err := c.Store(t.Context(), token, storelink.StoreRef{BrandID: brandID, StoreID: id})
				return err
			},
			"connection": func() error {
				_, err := c.Connection(t.Context(), storelink.Call{Store: storelink.StoreRef{BrandID: id, StoreID: storeID}})
				return err
			},
			"connect": func() error {
				return c.Connect(t.Context(), storelink.Call{Store: storelink.StoreRef{BrandID: brandID, StoreID: id}}, "K")
			},
			"disconnect": func() error { return c.Disconnect(t.Context(), storelink.Call{Store: storelink.StoreRef{BrandID: id}}) },
		} {
			require.Equal(t, storelink.ErrInvalid, storelink.CodeOf(ask()), "%s %q", name, id)
		}
	}
	require.Empty(t, o.asked())
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newOtter(t, answer{status: 200, body: `{"id":"` + orgID + `","name":"Other"}`})
	for _, status := range []int{301, 302, 303, 307, 308} {
		o := newOtter(t, answer{status: status, header: http.Header{"Location": {elsewhere.URL + "/organization/v1/organization"}}})
		c := clientOf(t, o)
		_, err := c.Organization(t.Context(), token)
		require.Equal(t, status, failure(t, err).Status)
		require.Equal(t, status, failure(t, c.Connect(t.Context(), call(), "K")).Status)
		require.Len(t, o.asked(), 2)
	}
	require.Empty(t, elsewhere.asked())
}

func TestReadsAreRepeatedAndWritesAreNot(t *testing.T) {
	organization := answer{status: 200, body: `{"id":"` + orgID + `","name":"Acme"}`}
	page := answer{status: 200, body: "<html>busy</html>", header: http.Header{"Content-Type": {"text/html"}}}
	for _, tc := range []struct {
		name          string
		first         answer
		reads, writes int // calls until the end
		ok            bool
	}{
		{"fine", organization, 1, 1, true},
		{"500", answer{status: 500}, 2, 1, true},
		{"502 page", answer{status: 502, body: "<html>"}, 2, 1, true},
		{"503 with a short Retry-After", answer{status: 503, header: http.Header{"Retry-After": {"0"}}}, 2, 1, true},
		{"503 with a long Retry-After", answer{status: 503, header: http.Header{"Retry-After": {"30"}}}, 1, 1, false},
		{"dropped", answer{do: drop}, 2, 1, true},
		{"200 page", page, 2, 1, true},
		{"200 of half a body", answer{status: 200, body: `{"id":"`}, 2, 1, true},
		{"401", answer{status: 401}, 2, 2, true},
		{"400", answer{status: 400}, 1, 1, false},
		{"403", answer{status: 403}, 1, 1, false},
		{"404", answer{status: 404}, 1, 1, false},
		{"404 page", answer{status: 404, body: "<html>"}, 2, 1, true},
		{"409", answer{status: 409}, 1, 1, false},
		{"429", answer{status: 429}, 2, 1, true},
		{"429 page", answer{status: 429, body: "<html>"}, 2, 1, true},
		{"429 with a long Retry-After", answer{status: 429, header: http.Header{"Retry-After": {"30"}}}, 1, 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := newOtter(t, tc.first, organization)
			got, err := clientOf(t, o).Organization(t.Context(), token)
			require.Len(t, o.asked(), tc.reads)
			if tc.ok {
				require.NoError(t, err)
				require.Equal(t, storelink.Organization{ID: orgID, Name: "Acme"}, got)
			} else {
				failure(t, err)
			}
			for name, write := range map[string]func(*upstream.Client) error{
				"connect":    func(c *upstream.Client) error { return c.Connect(t.Context(), call(), "K") },
				"disconnect": func(c *upstream.Client) error { return c.Disconnect(t.Context(), call()) },
			} {
				o := newOtter(t, tc.first, answer{status: 204})
				err := write(clientOf(t, o))
				require.Len(t, o.asked(), tc.writes, name)
				require.Equal(t, tc.first.status/100 == 2 || tc.first.status == 401, err == nil, name)
			}
		})
	}
}

func TestEndlessTroubleIsReported(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer answer
		calls  int
	}{
		{"401", answer{status: 401, body: `{"message":"no"}`}, 2},
		{"401 page", answer{status: 401, body: `<html>`}, 2},
		{"500", answer{status: 500, body: `{"message":"no"}`}, 3},
		{"200 page", answer{status: 200, body: `<html>`}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := newOtter(t, tc.answer)
			_, err := clientOf(t, o).Connection(t.Context(), call())
			failed := failure(t, err)
			require.Len(t, o.asked(), tc.calls)
			require.Equal(t, tc.answer.status, failed.Status)
			require.True(t, failed.Sent)
			require.Equal(t, "get connection", failed.Op)
		})
	}
}

func TestWhatMayHaveReachedUpstream(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, refused.Close())
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	}
	for _, tc := range []struct {
		name    string
		address string
		timeout time.Duration
		sent    bool
	}{
		{"refused dial", "http://" + refused.Addr().String(), time.Second, false},
		{"dropped", newOtter(t, answer{do: drop}).URL, time.Second, true},
		{"hung", newOtter(t, answer{do: hang}).URL, 50 * time.Millisecond, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, upstream.Options{BaseURL: tc.address, Timeout: tc.timeout})
			for _, err := range []error{c.Connect(t.Context(), call(), "K"), c.Disconnect(t.Context(), call())} {
				failed := failure(t, err)
				require.Equal(t, 0, failed.Status)
				require.Equal(t, tc.sent, failed.Sent)
				require.Equal(t, tc.sent, failed.Unanswered())
				require.NotContains(t, err.Error(), storeID)
			}
		})
	}
}

func TestWritesAreNotRepeatedOnADeadConnection(t *testing.T) {
	o := newOtter(t, answer{status: 204}, answer{do: drop})
	c := clientOf(t, o)
	require.NoError(t, c.Disconnect(t.Context(), call()))
	require.True(t, failure(t, c.Disconnect(t.Context(), call())).Unanswered())
	require.True(t, failure(t, c.Connect(t.Context(), call(), "K")).Unanswered())
	require.Len(t, o.asked(), 3)
}

func TestTheTimeoutCoversTheBody(t *testing.T) {
	o := newOtter(t, answer{do: func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"id":`))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	_, err := newClient(t, upstream.Options{BaseURL: o.URL, Timeout: 50 * time.Millisecond}).Organization(t.Context(), token)
	failed := failure(t, err)
	require.Equal(t, 0, failed.Status)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestACancelledCallSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := newOtter(t, answer{do: func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}})
	_, err := clientOf(t, o).Connection(ctx, call())
	require.ErrorIs(t, err, context.Canceled)
	var failed *storelink.UpstreamError
	require.NotErrorAs(t, err, &failed)
	require.Len(t, o.asked(), 1)
}

func TestTheGuardHasTheLastWord(t *testing.T) {
	o := newOtter(t, answer{status: 401}, answer{status: 204})
	lapsed := errors.New("lapsed")
	guarded := call()
	asked := 0
	guarded.Guard = func() error {
		asked++
		if asked == 2 {
			return lapsed
		}
		return nil
	}
	require.Equal(t, lapsed, clientOf(t, o).Disconnect(t.Context(), guarded))
	require.Len(t, o.asked(), 1)
}

func TestACallThatIsLateForItsSlotTakesAnotherAndAsksTheGuardAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		late := []time.Duration{21 * time.Millisecond, time.Minute, 20 * time.Millisecond}
		asked := 0
		c := newClient(t, upstream.Options{
			BaseURL: "http://otter.example",
			Budget: budget(func(context.Context, storelink.Turn) (time.Time, error) {
				order = append(order, "slot")
				return time.Now(), nil
			}),
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				order = append(order, "send")
				return response(204, ""), nil
			}),
		})
		guarded := call()
		guarded.Guard = func() error {
			order = append(order, "guard")
			<-time.After(late[min(asked, 2)])
			asked++
			return nil
		}
		require.NoError(t, c.Disconnect(t.Context(), guarded))
		require.Equal(t, []string{"slot", "guard", "slot", "guard", "slot", "guard", "send"}, order)
	})
}

func TestABudgetWithoutAnAnswerSendsNothing(t *testing.T) {
	down := storelink.Errorf(storelink.ErrDatabaseUnavailable, "down")
	c := newClient(t, upstream.Options{
		BaseURL:   "http://otter.example",
		Budget:    budget(func(context.Context, storelink.Turn) (time.Time, error) { return time.Time{}, down }),
		Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("sent") }),
	})
	require.Equal(t, storelink.ErrDatabaseUnavailable, storelink.CodeOf(c.Disconnect(t.Context(), call())))
}

func TestMessagesAreFitToBeStored(t *testing.T) {
	for _, tc := range []struct{ name, body, want string }{
		{"plain", `{"message":"already connected"}`, "already connected"},
		{"details", `{"message":"bad","details":[{"attribute":"storeId","message":"too long"},{"message":"x"},{}]}`, "bad; storeId: too long; x"},
		{"nulls", `{"message":null,"details":null}`, ""},
		{"wrong types", `{"message":{"a":1},"details":[{"attribute":7,"message":"too long"}]}`, "too long"},
		{"control characters", `{"message":"a\u0000b\nc\u001b[31m\u202e"}`, "a b c [31m"},
		{"long", `{"message":"` + strings.Repeat("ä", 300) + `"}`, strings.Repeat("ä", 200)},
		{"an echoed token", `{"message":"no good: tok-canary"}`, "no good: [token]"},
		{"page", `<html>tok-canary</html>`, ""},
		{"not JSON", `oops`, ""},
		{"empty", ``, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := newOtter(t, answer{status: 422, body: tc.body})
			require.Equal(t, tc.want, failure(t, clientOf(t, o).Connect(t.Context(), call(), "K")).Message)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tc := range []struct {
		header   string
		min, max time.Duration
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{"0", 0, 0},
		{"-3", 0, 0},
		{"soon", 0, 0},
		{"", 0, 0},
		{"99999999", time.Hour, time.Hour},
		{"99999999999999999999", 0, 0},
		{in(time.Minute), 30 * time.Second, time.Minute},
		{in(-time.Minute), 0, 0},
		{in(48 * time.Hour), time.Hour, time.Hour},
	} {
		o := newOtter(t, answer{status: 429, header: http.Header{"Retry-After": {tc.header}}})
		got := failure(t, clientOf(t, o).Disconnect(t.Context(), call())).RetryAfter
		require.GreaterOrEqual(t, got, tc.min, tc.header)
		require.LessOrEqual(t, got, tc.max, tc.header)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	huge := `{"id":"` + orgID + `","name":"` + strings.Repeat("x", 64<<10) + `"}`
	o := newOtter(t, answer{status: 200, body: huge})
	_, err := clientOf(t, o).Organization(t.Context(), token)
	require.Equal(t, 200, failure(t, err).Status)
}

func response(status int, body string) *http.Response {
	rec := httptest.NewRecorder()
	rec.WriteHeader(status)
	rec.Body = bytes.NewBufferString(body)
	return rec.Result()
}
