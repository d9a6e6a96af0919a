"""Which values are placeholders that a template left unfilled, and which only look like one."""

import time
import timeit

import pytest

from clicktrail.core.unfilled import is_unfilled, unfilled

UNFILLED = """
undefined Undefined UNDEFINED null NULL NaN nan None none nil (null) <null> <nil> [null] Array \\N %!s(<nil>)
#undefined "undefined" 'null' `null`
[object Object] [object Undefined] [object HTMLInputElement]
{{order.id}} {{ order.id }} {{}} {{order.id|default:1000}} {{{order}}} {{a}}-{{b}} {{order_12345}}
{%order%} {%%order%%} {#order#} {$order.id} ${order.id} ${ORDER_ID} #{order.id} %{order} @{order} %(order)s
<%order.id%> <%= order.id %> <?=$order?> <?php echo $order_id; ?> <<order>> [[order]] [%order%] ((order)) ((ORDER_ID))
%%ORDER%% %%ORDERID%% %ORDER_ID% %order.id% ##ORDER## #ORDER# #ORDER_ID# $ORDER$ $$ORDER$$ @@ORDER@@ @ORDER@
!!!clickref!!!
__ORDER__ __CLICKID__ *|ORDER|* *|ORDER:ID|* |ORDER| ~order~ ~~order~~ ^ORDER^ !ORDER!
{order} {order_id} {orderId} {sub1} {param10} {clickid} [order] [order id] [ORDER_ID] [bestellnummer] {größe} <order_id>
$order_id $order->id $order->get_id $_GET['id'] $order.id %s %d %1$s {} {0} []
%7B%7Border.id%7D%7D %7Border%7D %257B%257Border.id%257D%257D %5Bobject%20Object%5D %25%25ORDER%25%25
&lt;%=order.id%&gt; &#123;&#123;order&#125;&#125; %22undefined%22
"""

DATA = """
1 0 -1 1001 A-1 #1001 ORD-2024-0001 {A}-1 A{B} {A}{B} [2024] {2024} [1] {12} #1# %12% __4711__ $12$ {{4711}} %%4711%%
{3F2504E0-4F89-11D3-9A0C-0305E82C3301} {ORD-1234} [A-2024] <A-1001> #A-1001# $A1001$ $1001 $ % # %41 %20 & &amp;
nullable Nullsoft Nine none-1 undefined-1 NaN1 null,null order_null array ARRAY Arrays Müller-1 ß nan0
(1001) "1001" '1001' `1001` summer-sale (summer) user@example.com a%b 100% 50%off *sale* -order- _order_ __ x
"""


def words(table: str) -> list[str]:
    """Blanks inside marks stay: a word ends at a blank only where its brackets are closed."""
    found: list[str] = []
    for part in table.split():
        if found and _is_open(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


def _is_open(text: str) -> bool:
    pairs = (("[", "]"), ("{{", "}}"), ("<%", "%>"), ("<?", "?>"))
    return any(text.startswith(left) and not text.endswith(right) for left, right in pairs)


@pytest.mark.parametrize("value", words(UNFILLED))
def test_a_placeholder_is_recognised(value: str) -> None:
    assert is_unfilled(value)
    assert is_unfilled(f" {value} ")


@pytest.mark.parametrize("value", ["", " ", *words(DATA)])
def test_data_is_no_placeholder(value: str) -> None:
    assert not is_unfilled(value)


@pytest.mark.parametrize("left,right", [("{", "}"), ("[", "]"), ("%%", "%%"), ("__", "__"), ("$", "$")])
@pytest.mark.parametrize("value", ["A", "-1"])
def test_a_placeholder_beside_other_text_is_data(left: str, right: str, value: str) -> None:
    assert not is_unfilled(f"{left}A{right}{value}")
    assert not is_unfilled(f"{value}{left}A{right}")


@pytest.mark.parametrize(
    "value", ["WC-{{order.id}}", "{{id}}-1", "order-{{ id }}", "A${ORDER}", "<% order %>-7", "x {{a}} {{b}} y"]
)
def test_marks_of_templates_count_beside_other_text(value: str) -> None:
    assert is_unfilled(value)


@pytest.mark.parametrize("value", ["A-{{4711}}", "{{", "A}}{{", "${12}", "A-<%7%>", "{{" + "a" * 65 + "}}b"])
def test_marks_of_templates_without_a_name_are_data(value: str) -> None:
    assert not is_unfilled(value)


def test_the_unfilled_ones_of_a_call_are_named() -> None:
    values = {"tid": "{{order.id}}", "umsatz": "NaN", "pid": "7", "subid": None, "produkt": ""}
    assert unfilled(values) == {"tid": "{{order.id}}", "umsatz": "NaN"}


HOSTILE = ["{" * 255, "%25" * 85, "&amp;" * 51, "[object " * 30, "$a->" * 60, "{{" + "a" * 9999]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_costs_little(value: str) -> None:
    assert min(timeit.repeat(lambda: is_unfilled(value), timer=time.process_time, number=10, repeat=5)) < 0.05
