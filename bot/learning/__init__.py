"""What the bot learns from: ratings of its answers, what people teach it from conversations, replays."""
