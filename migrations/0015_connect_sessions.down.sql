ALTER TABLE signins DROP COLUMN connect_session_id;
ALTER TABLE sessions DROP COLUMN connect_session_id;
DROP TABLE connect_sessions;
