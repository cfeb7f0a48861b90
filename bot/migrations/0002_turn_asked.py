from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bot", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="turn", name="asked_ms", field=models.PositiveBigIntegerField(default=0)
        ),
    ]
