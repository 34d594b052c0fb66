package storelink

// Proposal says which local store a remote one most likely is. It is for a person to confirm.
type Proposal struct {
	Store        StoreRef
	LocalStoreID string
	LocalName    string
	Score        float64  // the probability, as far as it can be told from what both sides say
	Reasons      []string // in words
}
