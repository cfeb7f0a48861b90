"""English sentences of customer service, written for this project: what a quantised model is set up
and checked with.
"""

CALIBRATION = (
    "Where is my order?",
    "I want a refund for the shoes I bought last week.",
    "how do i reset my password",
    "My card was charged twice, can you please check what happened?",
    "Do you ship to Germany and how much does it cost?",
    "The parcel arrived broken and nobody answers the phone!",
    "what are your opening hours on sunday",
    "Please change my delivery address to 221B Baker Street, London.",
    "ok thanks",
    "set an alarm for 7 am",
    "I'd like to talk to a human being, not to a robot.",
    "can i pay with paypal or visa",
    "tell me a joke",
    "why was my transfer declined",
    "How many calories are in a banana?",
    "is there a student discount on annual plans",
    "My account number is 20394857 and the code is 4471.",
    "what does the word serendipity mean",
)

# Never seen while the scales are chosen.
CHECK = (
    "When will my package get here?",
    "It says delivered, but I never received anything.",
    "cancel my subscription",
    "I need an invoice with our company name and tax number for order 88123345.",
    "The coupon SAVE20 does not work at checkout.",
    "hello",
    "How long does a repair usually take, and do I pay for the shipping?",
    "my phone screen is cracked after two days, this is unacceptable",
    "Which of your tents stays dry in heavy rain?",
    "can someone call me back tomorrow between 2 and 4 pm",
    "I forgot the PIN of my card and the machine has kept it.",
    "is the blue one still in stock in size 42",
    "What is the exchange rate between euros and dollars today?",
    "Please delete my account and everything you know about me.",
    "top up failed",
    "do i have to sign for the delivery myself or can a neighbour take it",
    "Your website logs me out every time I open the cart.",
    "who wrote the odyssey",
    "How can I become a reseller of your products in Portugal?",
    "the sofa is too large for our living room and we would like to return it within the fourteen days",
    "Can I merge two orders that I placed this morning?",
    "no, I meant the other address",
    "Does the warranty cover water damage?",
    "thank you so much, you have been really helpful",
)
