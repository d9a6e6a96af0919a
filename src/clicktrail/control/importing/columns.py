"""Which columns each list has, and what other systems call them: German, English and as QUALITYCLICK does. Pure."""

from clicktrail.control.importing.table import Column

CLICKS = (
    Column("clickid", ("qcclickid", "klickid", "klick", "click", "cid", "id"), True),
    Column("time", ("zeit", "zeitpunkt", "datum", "timestamp", "date", "datetime", "clicktime", "klickzeit",
                    "clickdate", "klickdatum", "created", "createdat", "at", "uhrzeit"), True),
    Column("partner", ("pid", "partnerid", "partnernummer", "publisher", "publisherid", "affiliate", "affiliateid",
                       "affid", "siteid"), True),
    Column("program", ("cpid", "programid", "programm", "programmid", "campaign", "campaignid", "kampagne", "offer",
                       "offerid", "advertiser", "advertiserid")),
    Column("creative", ("wmid", "creativeid", "werbemittel", "werbemittelid", "banner", "bannerid", "admedia", "adid")),
    Column("subid", ("sub", "subid1", "sub1", "affsub", "clickref", "subids")),
    Column("referrer", ("referer", "ref", "source", "quelle", "herkunft")),
    Column("target", ("ziel", "alias", "landingpage", "zielseite")),
)  # fmt: skip

PARTNERS = (
    Column("id", ("pid", "partnerid", "partnernummer", "publisherid", "affiliateid", "affid", "nr", "nummer"), True),
    Column("name", ("partner", "partnername", "publisher", "affiliate", "firma", "company", "website"), True),
    Column("state", ("status", "zustand", "partnerstatus")),
    Column("program", ("cpid", "programid", "programm", "programmid", "campaign", "campaignid", "kampagne")),
    Column("products", ("produkte", "produkt", "product", "freigaben", "freigabe", "approvals", "approvedproducts")),
)

CREATIVES = (
    Column("id", ("wmid", "creativeid", "werbemittelid", "bannerid", "admediaid", "nr", "nummer"), True),
    Column("name", ("titel", "title", "werbemittel", "creative", "banner", "bezeichnung", "description"), True),
    Column("program", ("cpid", "programid", "programm", "programmid", "campaign", "campaignid", "kampagne")),
    Column("target", ("alias", "ziel", "targetalias", "zielalias")),
    Column("url", ("zielurl", "targeturl", "landingpage", "link", "adresse", "address", "destination", "zieladresse")),
    Column("product", ("produkt", "provisionsprodukt", "commissionproduct")),
    Column("state", ("status", "zustand")),
)

ORDERS = (
    Column("tid", ("ordernumber", "orderid", "ordernr", "order", "bestellnummer", "bestellnr", "auftragsnummer",
                   "transactionid", "transaktionsid", "tidshop", "referenz", "conversionid"), True),
    Column("time", ("zeit", "zeitpunkt", "datum", "timestamp", "date", "datetime", "orderdate", "bestelldatum",
                    "transactiondate", "created", "createdat", "trackingdate"), True),
    Column("partner", ("pid", "partnerid", "partnernummer", "publisher", "publisherid", "affiliate", "affiliateid",
                       "affid"), True),
    Column("program", ("cpid", "programid", "programm", "programmid", "campaign", "campaignid", "kampagne")),
    Column("product", ("produkt", "provisionsprodukt", "commissionproduct", "event", "goal")),
    Column("revenue", ("umsatz", "nettoumsatz", "netto", "net", "amount", "betrag", "ordervalue", "warenwert",
                       "saleamount", "value")),
    Column("commission", ("provision", "verguetung", "payout", "commissionamount", "provisionsbetrag")),
    Column("currency", ("waehrung", "currencycode")),
    Column("state", ("status", "zustand", "transactionstatus")),
    Column("subid", ("sub", "subid1", "sub1", "affsub", "clickref")),
    Column("creative", ("wmid", "creativeid", "werbemittel", "werbemittelid", "banner", "bannerid")),
    Column("clickid", ("qcclickid", "klickid", "click", "klick")),
)  # fmt: skip
