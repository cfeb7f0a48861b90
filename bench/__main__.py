"""`make bench`: the figures of docs/performance.md."""

from bench import chat_load, routing_choice

routing_choice.main([])
chat_load.main()
