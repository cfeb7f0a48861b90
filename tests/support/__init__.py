"""What tests share: real PostgreSQL and Redis, real servers, clients, and waiting for conditions."""
