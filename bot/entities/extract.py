"""The door: every entity of a text, the surest kinds first."""

from datetime import datetime

from bot.entities.addresses import take_addresses
from bot.entities.contacts import take_id_cards, take_links, take_phones
from bot.entities.dates import take_dates
from bot.entities.english import take_english_dates, take_english_times
from bot.entities.entity import MAX_LENGTH, Entity, Reading
from bot.entities.lists import EntityLists
from bot.entities.money import take_money
from bot.entities.orders import take_numbers
from bot.entities.times import take_times


def extract(text: str, now: datetime, lists: EntityLists | None = None) -> list[Entity]:
    """What the text names, in its order and without overlaps. `now` is the site's time, for 昨晚 and
    下个月5号.

    Reads at most MAX_LENGTH characters, in time linear in their number: every pattern has bounded
    repetitions. The operator's `lists` come after addresses and numbers with a form of their own, before
    dates, times and money.
    """
    reading = Reading(text, now)
    take_links(reading)
    take_id_cards(reading)
    take_phones(reading)
    take_numbers(reading)
    take_addresses(reading)
    if lists is not None:
        lists.take(reading)
    take_english_dates(reading)
    take_dates(reading)
    take_english_times(reading)
    take_times(reading)
    take_money(reading)
    return reading.entities()


__all__ = ["MAX_LENGTH", "extract"]
