"""`make bench`: the figures of docs/performance.md."""

from bench import chat_load, routing_assign, routing_choice, routing_drain

routing_choice.main([])
routing_drain.main([])
routing_assign.main([])
chat_load.main()
