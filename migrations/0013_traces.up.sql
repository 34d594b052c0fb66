-- The trace of the request that asked, which its passes go on with; null: it was not traced.
ALTER TABLE runs ADD COLUMN traceparent text;
