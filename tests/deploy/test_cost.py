"""docs/cost.md is what deploy/cost.py computes, and the computation can be checked by hand."""

from deploy import cost


def test_the_page_is_what_the_program_computes() -> None:
    page = cost.PAGE.read_text(encoding="utf-8")
    assert cost.update_page(page) == page


def test_a_hundred_million_single_comparisons_need_nine_cores() -> None:
    # 100,000,000 / 2,628,000 s x 10 = 380.5 a second at the peak, of 45.75 for each core
    need = cost.compute_need(100_000_000, cost.SINGLE_PER_CORE, is_stored=True)
    assert need.cores == 9
    assert round(need.database_gb) == 7_118
    # 9 cores, 9,254 GB of disk, 24,360 GB of backups, 300 GB of traffic
    assert round(cost.price_one_server(need)) == round(315 + 925.4 + 560.3 + 27)


def test_rows_of_files_fill_no_database_and_no_volume_needs_less_than_the_smallest_installation() -> None:
    need = cost.compute_need(10_000, cost.FILE_PER_CORE, is_stored=False)
    assert (need.cores, need.database_gb, need.backup_gb) == (cost.LEAST_CORES, 0, 0)
    assert cost.price_one_server(need) < cost.price_without_single_point(need)
