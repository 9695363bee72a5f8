# SPDX-License-Identifier: Apache-2.0
"""The schemas of plugin-api/schema, ready to validate with."""
import json
import pathlib

import jsonschema


class Schemas:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.documents = {
            path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
            for path in self.folder.glob("*.schema.json")
        }
        self.store = {document["$id"]: document for document in self.documents.values()}

    def check(self, name):
        jsonschema.Draft202012Validator.check_schema(self.documents[name])

    def errors(self, name, value):
        """What is wrong with `value`; an empty list if nothing is."""
        schema = self.documents[name]
        resolver = jsonschema.RefResolver(base_uri=schema["$id"], referrer=schema, store=self.store)
        validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
        return [error.message for error in validator.iter_errors(value)]

    def examples(self, name):
        return json.loads((self.folder / "examples" / f"{name}.json").read_text("utf-8"))
