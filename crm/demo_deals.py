"""What stands in the demo organizations: people, companies, contacts, deals. Days count from today."""

from __future__ import annotations

from typing import NamedTuple

# initials: name, e-mail
PEOPLE = {
    "TO": ("Tom Okafor", "tom@northlight.example"),
    "MN": ("Marek Novák", "marek@northlight.example"),
    "PS": ("Priya Shah", "priya@northlight.example"),
    "AK": ("Anna Keller", "anna@northlight.example"),
    "LI": ("Lena Ivanova", "lena@northlight.example"),
}
ROLES = {"MN": "admin", "PS": "member", "AK": "manager", "LI": "member"}
# team: lead, then the others
TEAMS = {"North": ("AK", "MN", "PS"), "South": ("TO", "LI")}
# currency: what one of it is worth in euros
RATES = {"NOK": "0.0855"}
TAGS = {"Enterprise": "blue", "Renewal": "teal", "Hot": "rose", "Partner": "gold", "Tender": "slate"}
ENT, REN, HOT, PAR, TEN = TAGS

# name, industry, city, owner
COMPANIES = (
    ("Agrokor Retail", "Retail", "Zagreb", "LI"),
    ("Bäckerei Thal", "Food", "Dresden", "AK"),
    ("Baltic Freight", "Logistics", "Gdańsk", "LI"),
    ("Brandt Logistik GmbH", "Logistics", "Bremen", "AK"),
    ("Frigo Adria", "Cold storage", "Trieste", "MN"),
    ("Hanse Logistik", "Logistics", "Hamburg", "AK"),
    ("Kofola Bottling", "Food", "Ostrava", "MN"),
    ("Lumen Home", "Retail", "Paris", "PS"),
    ("Maersk Inland", "Logistics", "Rotterdam", "TO"),
    ("Nordfrost AS", "Cold storage", "Oslo", "MN"),
    ("Ostrava Steel", "Manufacturing", "Ostrava", "TO"),
    ("Port of Gdynia", "Ports", "Gdynia", "AK"),
    ("Rewe Süd", "Retail", "Munich", "MN"),
    ("Schön & Söhne", "Manufacturing", "Munich", "PS"),
    ("Vestas Parts ApS", "Manufacturing", "Copenhagen", "PS"),
)
# name, company, position, status, phone, e-mail, owner
CONTACTS = (
    ("Jonas Brandt", "Brandt Logistik GmbH", "Head of operations", "in_work", "+49 421 555 00 18",
     "j.brandt@brandt.example", "AK"),
    ("Marta Wiśniewska", "Port of Gdynia", "Purchasing", "in_work", "+48 58 555 01 40",
     "m.wisniewska@gdynia.example", "AK"),
    ("Ingrid Solberg", "Nordfrost AS", "Plant manager", "new", "+47 22 55 50 31", "ingrid@nordfrost.example", "MN"),
    ("Luca Ferri", "Frigo Adria", "Owner", "new", "+39 040 555 271", "l.ferri@frigo.example", "MN"),
    ("Dr. Katharina Schönfelder-Lindqvist", "Schön & Söhne", "Managing director", "stuck", "+49 89 555 04 77",
     "k.schoenfelder@schoen.example", "PS"),
    ("Erik Lauridsen", "Vestas Parts ApS", "Service lead", "in_work", "+45 33 55 51 02",
     "el@vestasparts.example", "PS"),
    ("Ana Horvat", "Agrokor Retail", "Head of IT", "in_work", "+385 1 555 0184", "ana.horvat@agrokor.example", "LI"),
    ("Piotr Zieliński", "Baltic Freight", "Dispatcher", "in_work", "+48 22 555 09 13",
     "pz@balticfreight.example", "LI"),
    ("Femke de Vries", "Maersk Inland", "Operations", "in_work", "+31 10 555 7421",
     "femke.devries@maersk.example", "TO"),
    ("Tomáš Dvořák", "Kofola Bottling", "Line manager", "stuck", "+420 2 5550 1127", "dvorak@kofola.example", "MN"),
    ("Sabine Thal", "Bäckerei Thal", "Owner", "new", "+49 351 555 22 9", "s.thal@thal.example", "AK"),
    ("Claire Moreau", "Lumen Home", "Customer care", "stuck", "+33 1 55 50 12 66", "claire.moreau@lumen.example", "PS"),
    ("Radka Nováková", "Ostrava Steel", "Purchasing", "in_work", "+420 5 5550 3310",
     "r.novakova@ostrava.example", "TO"),
)  # fmt: skip


CONTACT_TAGS = {"Jonas Brandt": (ENT, REN), "Ingrid Solberg": (HOT,), "Marta Wiśniewska": (TEN,)}
COMPANY_TAGS = {"Agrokor Retail": (ENT,), "Hanse Logistik": (PAR,), "Maersk Inland": (ENT,)}


class Card(NamedTuple):
    """An open deal: owner, next step and its day (None: no step), days in its stage, tags.

    The amount is in euros unless `currency` names another.
    """

    title: str
    company: str
    amount: int
    owner: str
    step: str | None
    due: int
    age: int
    tags: tuple[str, ...] = ()
    currency: str | None = None


class Closed(NamedTuple):
    """A deal closed so many days ago, though not before this month: won, or lost for that reason."""

    title: str
    company: str
    amount: int
    owner: str
    days: int
    why: str | None = None


SCANNERS = "Warehouse scanners, phase 2"
BOARD: dict[str, tuple[Card, ...]] = {
    "lead": (
        Card("Fleet tracking pilot", "Hanse Logistik", 24_000, "AK", "Call back", -2, 3, (HOT,)),
        Card("Cold-store sensors", "Frigo Adria", 38_500, "MN", "Intro call 14:30", 0, 1),
        Card("Spare parts portal", "Vestas Parts ApS", 17_200, "PS", None, 0, 9),
        Card("Returns desk", "Lumen Home", 9_800, "AK", "E-mail", 4, 2, (PAR,)),
        Card("Yard management", "Port of Gdynia", 52_000, "TO", "Site visit", 7, 5, (TEN, ENT)),
        Card("Barcode migration", "Kofola Bottling", 14_900, "MN", "Send deck", 0, 4),
        Card("Hall 3 Wi-Fi survey", "Brandt Logistik GmbH", 8_500, "AK", "Call", 6, 2),
        Card("Forklift cameras", "Ostrava Steel", 6_200, "TO", "E-mail", 5, 6),
        Card("Shelf labels, test store", "Rewe Süd", 4_800, "MN", None, 0, 1),
        Card("Oven telemetry", "Bäckerei Thal", 3_900, "AK", "Call", 8, 3),
        Card("Pallet labels", "Baltic Freight", 3_600, "LI", "Send samples", 9, 4),
        Card("Scanner rental", "Agrokor Retail", 3_000, "LI", "Call", 12, 2),
    ),
    "qualification": (
        Card("Cold-chain sensors", "Nordfrost AS", 41_000, "MN", "Demo 11:00", 0, 6, (ENT,)),
        Card("Route planning, 40 vans", "Bäckerei Thal", 19_600, "AK", "Proposal", 5, 4),
        Card("Dock scheduling", "Maersk Inland", 66_000, "TO", "Budget call", -5, 18, (ENT,)),
        Card("Inventory audit", "Schön & Söhne", 12_400, "PS", "Call", 6, 3),
        Card("Pallet pooling", "Agrokor Retail", 28_800, "LI", None, 0, 7),
        Card("Customs paperwork", "Baltic Freight", 22_000, "AK", "Call", 12, 2, (PAR,)),
        Card("Crane terminals", "Port of Gdynia", 24_000, "TO", "Site visit", 10, 5, (TEN,)),
        Card("Freezer alarms", "Frigo Adria", 16_500, "MN", "Call", 7, 8),
        Card("Voice picking, trial", "Hanse Logistik", 11_500, "AK", "Demo", 13, 3),
    ),
    "proposal": (
        Card(SCANNERS, "Brandt Logistik GmbH", 84_000, "AK", "Call Jonas Brandt", 0, 8, (ENT, REN)),
        Card("Picking robots feasibility", "Ostrava Steel", 72_500, "TO", "Workshop", 8, 11, (ENT,)),
        Card("Mobile terminals", "Rewe Süd", 61_000, "MN", "Send offer", -1, 14, (HOT,)),
        Card("Packaging line data", "Kofola Bottling", 45_000, "PS", "Review", 11, 5),
        Card("Driver app, 120 seats", "Hanse Logistik", 32_000, "AK", None, 0, 23),
        Card("Label printers", "Frigo Adria", 21_000, "LI", "Call", 13, 6),
        Card("Reporting add-on", "Lumen Home", 13_000, "AK", "Call", 14, 4, (REN,)),
    ),
    "negotiation": (
        Card("Regional hub roll-out", "Maersk Inland", 96_000, "TO", "Price call 16:00", 0, 12, (ENT,)),
        Card("Telematics, three years", "Port of Gdynia", 64_500, "AK", "Legal review", 6, 9, (TEN,)),
        Card("Stock transparency", "Schön & Söhne", 48_200, "PS", "Reply", -3, 16),
        Card("Temperature logs", "Nordfrost AS", 41_700, "MN", "Call", 4, 4),
        Card("Gate cameras", "Baltic Freight", 24_500, "LI", "Visit", 5, 2),
    ),
    "contract": (
        Card("WMS for two sites", "Agrokor Retail", 58_000, "AK", "Signature due", 0, 5, (ENT,)),
        Card("Handhelds, 200 units", "Rewe Süd", 37_500, "MN", "Countersign", 4, 3),
        Card("Support plan 2027", "Vestas Parts ApS", 25_500, "PS", "Call", 7, 7, (REN,)),
    ),
}
RENEWALS: dict[str, tuple[Card, ...]] = {
    "lead": (Card("Sensor licences, 2nd year", "Nordfrost AS", 140_000, "MN", "Call", 9, 2, (REN,), "NOK"),),
    "proposal": (Card("Terminal support", "Port of Gdynia", 18_600, "AK", "Send offer", 3, 6, (REN,)),),
    "contract": (Card("Scanner maintenance", "Hanse Logistik", 9_400, "AK", "Signature due", 2, 4, (REN,)),),
}
CONSULTING: dict[str, tuple[Card, ...]] = {
    "lead": (Card("Warehouse audit", "Alster Papier", 4_500, "AK", "Call", 2, 3),),
    "qualification": (Card("Picking workshop", "Lüneburg Salz", 7_200, "AK", "Send agenda", 0, 5),),
    "proposal": (Card("Layout study", "Alster Papier", 12_800, "AK", "Call", 6, 4),),
}
CLOSED = (
    Closed("Dock door sensors", "Maersk Inland", 52_000, "TO", 2),
    Closed("Label software", "Lumen Home", 8_750, "AK", 4),
    Closed("Cold-room gateway", "Nordfrost AS", 31_000, "MN", 7),
    Closed("Handheld repairs", "Rewe Süd", 14_500, "MN", 9),
    Closed("Yard cameras", "Baltic Freight", 36_500, "LI", 12),
    Closed("Spare scanners", "Vestas Parts ApS", 21_000, "PS", 15),
    Closed("Route optimiser", "Hanse Logistik", 26_300, "AK", 3, "Chose a competitor"),
    Closed("Bakery shelf scales", "Bäckerei Thal", 6_400, "AK", 6, "No budget"),
    Closed("Invoice scanning", "Kofola Bottling", 11_600, "MN", 10, "No answer"),
    Closed("Staff rota module", "Schön & Söhne", 14_000, "PS", 13, "Price"),
)
# title: days ago, kind, what was said. All later than the deal's last move.
SAID = {
    "Fleet tracking pilot": ((2, "call", "Wants ten vans for four weeks before deciding on the whole fleet."),),
    "Yard management": ((3, "email", "Asked for the tender documents and a date for the site visit."),),
    "Cold-chain sensors": ((4, "meeting", "Showed the alarm page. Ingrid wants to see a night shift's readings."),),
    "Route planning, 40 vans": ((1, "comment", "Forty vans now, fifteen more in spring if the drivers like it."),),
    "Mobile terminals": ((9, "call", "Price is fine, delivery before Christmas is a must."),),
    "Picking robots feasibility": ((5, "meeting", "Toured the rolling mill; safety wants to join the workshop."),),
    "Regional hub roll-out": ((1, "email", "Sent the staged price: three hubs first, four later."),),
    "WMS for two sites": ((1, "call", "Ana has both signatures but one; the last is on a business trip."),),
    "Handhelds, 200 units": ((2, "comment", "Countersigned copy comes by post."),),
}
