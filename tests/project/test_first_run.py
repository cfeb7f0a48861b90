"""What a new installation gets, once."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Site
from kefu_project.first_run import PASSWORD_FILE, migrate_if_needed, migrations_missing, reach_database, seed

pytestmark = pytest.mark.django_db


def test_administrator_and_site_are_made(tmp_path: Path) -> None:
    password = seed(tmp_path, "")
    admin = get_user_model().objects.get(username="admin")
    assert password is not None and admin.check_password(password)
    assert admin.is_superuser and admin.is_staff
    assert (tmp_path / PASSWORD_FILE).read_text().strip() == password
    assert Site.objects.get(public_key="demo").name == "云岭茶"


def test_given_password_is_used_and_not_returned(tmp_path: Path) -> None:
    assert seed(tmp_path, "correct-horse") is None
    assert get_user_model().objects.get(username="admin").check_password("correct-horse")
    assert list(tmp_path.iterdir()) == []


def test_second_run_changes_nothing(tmp_path: Path) -> None:
    first = seed(tmp_path, "")
    Site.objects.filter(public_key="demo").update(name="Our shop")
    assert seed(tmp_path, "another-password") is None
    assert get_user_model().objects.get(username="admin").check_password(str(first))
    assert Site.objects.get(public_key="demo").name == "Our shop"


def test_no_administrator_is_made_beside_another(tmp_path: Path) -> None:
    get_user_model().objects.create_superuser("boss", password="correct-horse")
    assert seed(tmp_path, "") is None
    assert not get_user_model().objects.filter(username="admin").exists()


def test_up_to_date_database_costs_two_questions() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert not migrations_missing()
    assert len(asked) <= 2, "the list of tables and the list of applied migrations"


def test_one_missing_migration_is_noticed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'chat' AND name = '0001_initial'")
    assert migrations_missing()


def test_nothing_is_migrated_without_need() -> None:
    assert not migrate_if_needed()


def test_database_is_reached() -> None:
    reach_database()
