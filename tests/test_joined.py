"""The joined module and sheet mean what the files meant; what can't be read stops the start, not the browser."""

import pytest

from crm.joined import joined_js, tight
from tests.test_house_rules import ROOT

SCRIPTS = ROOT / "static" / "js"


@pytest.fixture
def modules(tmp_path):
    def written(**sources):
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source)
        return joined_js(tmp_path)

    return written


def test_no_module_is_left_out():
    told = joined_js(SCRIPTS)
    assert not [path.name for path in SCRIPTS.glob("*.js") if f"const _{path.stem} = " not in told]


def test_a_module_stands_behind_what_it_imports_and_keeps_its_names(modules):
    told = modules(
        app='import { one as first } from "./a.js";\nimport "./b.js";\nconst two = 2;\n',
        a='import { two } from "./b.js";\n// a remark\nexport const one = () => two;\n',
        b='import "../vendor/other.js";\nexport function two() {\n  return 1; // stays\n}\n',
    )
    assert told == (
        'import "../vendor/other.js";\n'
        "const _b = (() => {\nfunction two() {\nreturn 1; // stays\n}\nreturn { two };\n})();\n"
        "const _a = (() => {\nconst { two } = _b;\nconst one = () => two;\nreturn { one };\n})();\n"
        "const _app = (() => {\nconst { one: first } = _a;\nconst two = 2;\nreturn {  };\n})();\n"
    )


def test_a_circle_and_other_ways_to_import_are_refused(modules):
    with pytest.raises(ValueError, match=r"in a circle: app\.js, a\.js, app\.js"):
        modules(app='import "./a.js";\n', a='import "./app.js";\n')
    for source in ("export let one = 1;\n", "export default 1;\n", 'import one from "./a.js";\n', "await one();\n"):
        with pytest.raises(ValueError, match="as the other modules do"):
            modules(app=source)


def test_a_template_literal_over_several_lines_keeps_its_indents(modules):
    assert "`\n  two`" in modules(app="const one = `\n  two`;\n")


def test_a_tight_sheet_keeps_what_is_quoted_and_the_space_that_selects():
    loose = '/* a: b */\n.a > .b,\n.c :hover { content: "; /  : {"; inline-size: calc(1px + 2px); }\n'
    assert tight(loose) == '.a > .b,.c :hover{content:"; /  : {";inline-size:calc(1px + 2px);}'
