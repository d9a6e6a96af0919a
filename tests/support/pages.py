"""Every page that a person can open, in one table: for the pictures, for the stop-watch, for whoever tests them all.

An address has marks in braces, each filled with something that is in the ledger: SAMPLES says how it is found.
A page that is missing here fails tests/integration/test_demo_past.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OWNER, PARTNER, ANYBODY = "owner", "partner", "anybody"


@dataclass(frozen=True, slots=True)
class Sight:
    """One page. name: for a file and a table, one word; who: is signed in."""

    name: str
    address: str
    who: str = OWNER
    is_heavy: bool = False
    """It runs through much at once and says so; it is held to a second."""

    def filled(self, samples: dict[str, Any]) -> str:
        return self.address.format(**samples)


ID = "SELECT id FROM {} ORDER BY id LIMIT 1"
OWN_RECEIVER = "SELECT min(id) FROM outbox_receiver WHERE partner_id = 101"
SAMPLES = {
    "terms": "SELECT max(version) FROM portal_terms",
    "transaction": "SELECT max(transaction_number) FROM ledger_move WHERE to_state = 'paid'",
    "paid": "SELECT max(number) FROM ledger_transaction WHERE state = 'paid' AND revenue_minor > 0",
    "open": "SELECT max(number) FROM ledger_transaction WHERE state = 'open'",
    "tid": "SELECT max(tid) FROM ledger_transaction WHERE program_id = 1",
    "call": "SELECT max(id) FROM ledger_postback WHERE reason = 'duplicate'",
    "refused": "SELECT max(id) FROM ledger_postback WHERE reason = 'unknown_product'",
    "conflict": "SELECT max(id) FROM ledger_postback WHERE reason = 'conflict'",
    "account": "SELECT id FROM accounts_account WHERE username = 'lena'",
    "alarm": ID.format("alarms_alarm"),
    "rule": "SELECT program_id FROM alarms_rule",
    "program": ID.format("catalog_program"),
    "product": ID.format("catalog_product"),
    "creative": ID.format("catalog_creative"),
    "banner": "SELECT creative_id FROM banners_banner ORDER BY id LIMIT 1",
    "target": ID.format("catalog_click_target"),
    "partner": "SELECT id FROM catalog_partner WHERE id = 101",
    "approval": ID.format("catalog_approval"),
    "application": ID.format("portal_application"),
    "receiver": ID.format("outbox_receiver"),
    "delivery": "SELECT max(id) FROM outbox_delivery",
    "own": "SELECT max(number) FROM ledger_transaction WHERE partner_id = 101",
    "own_receiver": OWN_RECEIVER,
    "own_delivery": f"SELECT max(id) FROM outbox_delivery WHERE receiver_id = ({OWN_RECEIVER})",  # noqa: S608
}
"""mark -> the statement that finds it; a ledger that has none leaves the page out."""

PAGES = (
    Sight("sign_in", "/login/", ANYBODY),
    Sight("join", "/partner/join/", ANYBODY),
    Sight("joined", "/partner/join/thanks/", ANYBODY),
    Sight("terms", "/partner/terms/", ANYBODY),
    Sight("terms_version", "/partner/terms/{terms}/", ANYBODY),
    Sight("home", "/"),
    Sight("home_program", "/?program=2"),
    Sight("reports", "/reports/"),
    Sight("reports_partners", "/reports/?range=90d&by=partner&compare=previous"),
    Sight("reports_subids", "/reports/?by=subid"),
    Sight("reports_hosts", "/reports/?by=referrer&by=partner"),
    Sight("reports_months", "/reports/?range=90d&by=month&by=program"),
    Sight("transactions", "/ledger/transaction/"),
    Sight("transactions_open", "/ledger/transaction/?state=open"),
    Sight("transactions_search", "/ledger/transaction/?q={tid}"),
    Sight("transaction", "/ledger/transaction/{transaction}/change/"),
    Sight("transaction_open", "/ledger/transaction/{open}/change/"),
    Sight("transaction_move", "/ledger/transaction/move/cancel/?numbers={open}"),
    Sight("transaction_part_return", "/ledger/transaction/{paid}/part-return/"),
    Sight("transaction_by_hand", "/ledger/transaction/by-hand/"),
    Sight("log", "/ledger/postback/"),
    Sight("log_refused", "/ledger/postback/?reason=unknown_product"),
    Sight("call", "/ledger/postback/{call}/change/"),
    Sight("call_refused", "/ledger/postback/{refused}/change/"),
    Sight("conflicts", "/ledger/postback/conflicts/"),
    Sight("conflict", "/ledger/postback/conflicts/{conflict}/"),
    Sight("try", "/ledger/postback/try/"),
    Sight("judge_again", "/ledger/postback/again/"),
    Sight("share", "/ledger/postback/share/?what={tid}"),
    Sight("alarms", "/alarms/alarm/"),
    Sight("alarm", "/alarms/alarm/{alarm}/change/"),
    Sight("test_mail", "/alarms/alarm/test-mail/"),
    Sight("alarm_rules", "/alarms/alarmrule/"),
    Sight("alarm_rule", "/alarms/alarmrule/{rule}/change/"),
    Sight("alarm_rule_new", "/alarms/alarmrule/add/"),
    Sight("reconcile", "/reconcile/reconciliation/"),
    Sight("reconcile_upload", "/reconcile/reconciliation/upload/"),
    Sight("creatives", "/catalog/creative/"),
    Sight("creative", "/catalog/creative/{creative}/change/"),
    Sight("creative_banner", "/catalog/creative/{banner}/change/"),
    Sight("creative_new", "/catalog/creative/add/"),
    Sight("targets", "/catalog/clicktarget/"),
    Sight("target", "/catalog/clicktarget/{target}/change/"),
    Sight("target_new", "/catalog/clicktarget/add/"),
    Sight("partners", "/catalog/partner/"),
    Sight("partner", "/catalog/partner/{partner}/change/"),
    Sight("partner_new", "/catalog/partner/add/"),
    Sight("partner_applications", "/catalog/partner/applications/"),
    Sight("partner_application", "/catalog/partner/applications/{application}/"),
    Sight("partner_rates", "/catalog/partner/{partner}/rates/{product}/"),
    Sight("approvals", "/catalog/approval/"),
    Sight("approval", "/catalog/approval/{approval}/change/"),
    Sight("approval_new", "/catalog/approval/add/"),
    Sight("rates", "/catalog/partnerrate/"),
    Sight("rate_new", "/catalog/partnerrate/add/"),
    Sight("rates_of_product", "/catalog/product/{product}/rates/"),
    Sight("receivers", "/outbox/receiver/"),
    Sight("receiver", "/outbox/receiver/{receiver}/change/"),
    Sight("receiver_new", "/outbox/receiver/add/"),
    Sight("receiver_delete", "/outbox/receiver/{receiver}/delete/"),
    Sight("receiver_history", "/outbox/receiver/{receiver}/history/"),
    Sight("deliveries", "/outbox/delivery/"),
    Sight("delivery", "/outbox/delivery/{delivery}/change/"),
    Sight("programs", "/catalog/program/"),
    Sight("program", "/catalog/program/{program}/change/"),
    Sight("program_new", "/catalog/program/add/"),
    Sight("program_keys", "/catalog/program/{program}/call-keys/"),
    Sight("products", "/catalog/product/"),
    Sight("product", "/catalog/product/{product}/change/"),
    Sight("product_new", "/catalog/product/add/"),
    Sight("people", "/accounts/account/"),
    Sight("person", "/accounts/account/{account}/change/"),
    Sight("person_new", "/accounts/account/add/"),
    Sight("activity", "/accounts/activity/"),
    Sight("portal_terms_list", "/portal/terms/"),
    Sight("portal_terms_one", "/portal/terms/{terms}/change/"),
    Sight("portal_terms_new", "/portal/terms/add/"),
    Sight("keys", "/api/apikey/"),
    Sight("key_new", "/api/apikey/add/"),
    Sight("aside", "/ledger/setaside/"),
    Sight("my_account", "/account/"),
    Sight("my_second_factor", "/account/second-factor/"),
    Sight("my_password", "/password_change/"),
    Sight("my_recovery_codes_new", "/account/recovery-codes/new/"),
    Sight("my_password_done", "/password_change/done/"),
    Sight("my_password_again", "/account/confirm/"),
    Sight("assistant", "/assistant/"),
    Sight("assistant_code", "/assistant/?program={program}&shop=woocommerce"),
    Sight("assistant_test", "/assistant/test/{program}/{creative}/assistant-01a20500000-00000000/"),
    Sight("portal_overview", "/partner/", PARTNER),
    Sight("portal_links", "/partner/links/", PARTNER),
    Sight("portal_deeplink", "/partner/deeplink/", PARTNER),
    Sight("portal_transactions", "/partner/transactions/", PARTNER),
    Sight("portal_transaction", "/partner/transactions/{own}/", PARTNER),
    Sight("portal_reports", "/partner/reports/", PARTNER),
    Sight("portal_postbacks", "/partner/postbacks/", PARTNER),
    Sight("portal_postback", "/partner/postbacks/{own_receiver}/", PARTNER),
    Sight("portal_postback_log", "/partner/postbacks/{own_receiver}/log/", PARTNER),
    Sight("portal_postback_new", "/partner/postbacks/new/", PARTNER),
    Sight("portal_delivery", "/partner/postbacks/{own_receiver}/deliveries/{own_delivery}/", PARTNER),
    Sight("portal_account", "/partner/account/", PARTNER),
    Sight("portal_second_factor", "/partner/account/second-factor/", PARTNER),
    Sight("portal_password", "/partner/account/password/", PARTNER),
    Sight("portal_recovery_codes_new", "/partner/account/recovery-codes/new/", PARTNER),
    Sight("portal_password_again", "/partner/account/confirm/", PARTNER),
)


def samples(ask: Callable[[str], list[Any]]) -> dict[str, Any]:
    """ask: rows of a statement. Marks for which nothing is there are missing."""
    found = {}
    for mark, statement in SAMPLES.items():
        try:
            rows = ask(statement)
        except Exception as fault:
            raise ValueError(f"the sample {mark} cannot be found: {fault}") from fault
        if rows and rows[0][0] is not None:
            found[mark] = rows[0][0]
    return found


def sights(found: dict[str, Any]) -> list[tuple[Sight, str]]:
    """Each page with its address; those of whose marks something is missing are left out."""
    pages = []
    for sight in PAGES:
        try:
            pages.append((sight, sight.filled(found)))
        except KeyError:
            continue
    return pages
