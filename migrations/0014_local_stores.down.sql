DROP TABLE catalogue;
DROP TABLE local_stores;
