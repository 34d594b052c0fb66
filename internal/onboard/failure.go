package onboard

import (
	"fmt"

	"storelink"
)

// failureOf says in words why an ask for asked failed, and what the store is connected to now.
func failureOf(r storelink.Refusal, asked string, observed storelink.Observation) *storelink.Failure {
	detail := sentence(r, asked)
	switch {
	case !observed.Known:
		detail += "; what the store is connected to could not be seen"
	case observed.LocalStoreID != "":
		detail += "; the store is connected to " + observed.LocalStoreID
	case r.Code != storelink.FailStoreNotFound:
		detail += "; the store is not connected"
	}
	return &storelink.Failure{Code: r.Code, Detail: detail, Retryable: r.Code.Retryable()}
}

func sentence(r storelink.Refusal, asked string) string {
	switch r.Code {
	case storelink.FailIDRefused:
		return fmt.Sprintf("Otter did not accept the id %s", asked)
	case storelink.FailIDTaken:
		return fmt.Sprintf("the id %s is used by another store", asked)
	case storelink.FailStoreNotFound:
		return "Otter does not know this store"
	case storelink.FailScopeMissing:
		return "the account may not connect stores: the scope " + storelink.ScopeConnect + " is missing"
	case storelink.FailAccessDenied:
		return "the account has no access to this store"
	default:
		return "the ask failed: " + string(r.Code)
	}
}
