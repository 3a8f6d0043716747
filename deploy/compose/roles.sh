#!/bin/sh
# The first start of PostgreSQL: one role owns the tables, another is what the programs connect as, MLflow has a database
# of its own. docs/decisions/0109-the-application-owns-no-table.md explains.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres <<SQL
CREATE ROLE legal_names_owner LOGIN PASSWORD '$(cat /run/secrets/database_owner_password)';
CREATE ROLE legal_names LOGIN PASSWORD '$(cat /run/secrets/database_password)';
CREATE ROLE mlflow LOGIN PASSWORD '$(cat /run/secrets/mlflow_password)';
CREATE DATABASE legal_names OWNER legal_names_owner;
CREATE DATABASE mlflow OWNER mlflow;
SQL
