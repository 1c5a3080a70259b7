"""The paper's guarantee, in number and in words."""

import pytest

from tellmark.errors import InvalidInput
from tellmark.statistics.guarantee import transfer_lower_bound, transfer_statement


def test_the_papers_sixty_four_proxies():
    assert transfer_lower_bound(64) == pytest.approx(0.05 ** (1 / 64))
    assert transfer_lower_bound(64) == pytest.approx(0.954, abs=5e-4)


def test_one_proxy_guarantees_alpha():
    assert transfer_lower_bound(1, confidence=0.99) == pytest.approx(0.01)


def test_more_proxies_or_less_confidence_guarantee_more():
    bounds = [transfer_lower_bound(m) for m in range(1, 200)]
    assert bounds == sorted(bounds)
    assert transfer_lower_bound(64, confidence=0.9) > transfer_lower_bound(64, confidence=0.99)


@pytest.mark.parametrize("proxies", [0, -1])
def test_no_proxies_no_guarantee(proxies):
    for function in (transfer_lower_bound, transfer_statement):
        with pytest.raises(InvalidInput, match="guarantee nothing"):
            function(proxies)


def test_statement_gives_the_number_and_its_three_faults():
    statement = transfer_statement(64, confidence=0.95)
    for part in ("64 proxies", "0.954", "95 %", "same proxies selected", "that family only", "independent models"):
        assert part in statement
    assert "\n" not in statement


def test_statement_in_the_singular():
    assert transfer_statement(1).startswith("The one proxy agreed")
