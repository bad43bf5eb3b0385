from django.contrib.postgres.operations import (
    BtreeGistExtension,
    CITextExtension,
    HStoreExtension,
    TrigramExtension,
)
from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        BtreeGistExtension(),
        CITextExtension(),
        HStoreExtension(),
        TrigramExtension(),
        migrations.RunSQL("CREATE TABLE somebody_elses (id int)"),
        migrations.RunPython(lambda apps, editor: None),
    ]
