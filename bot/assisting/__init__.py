"""What the bot does for the people who answer: suggests replies, sums a talk up."""
