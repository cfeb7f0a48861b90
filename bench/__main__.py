"""`make bench`: the figures of docs/performance.md."""

from bench.chat_load import main

main()
