# SPDX-License-Identifier: BSD-3-Clause
"""embed.py OUT.c FILE.yaml... : writes the model files as C data (models/library.h)."""
import pathlib
import sys


def c_string(line: bytes) -> str:
    """One line as a C string literal; everything but plain ASCII in octal."""
    plain = b' !#$%&\'()*+,-./:;<=>@[]^_`{|}~'  # no " \\ and no ? (trigraphs)
    return '"' + ''.join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or byte in plain else f'\\{byte:03o}'
        for byte in line) + '"'


def main() -> None:
    out, files = pathlib.Path(sys.argv[1]), sorted(pathlib.Path(name) for name in sys.argv[2:])
    rows = []
    for file in files:
        text = file.read_bytes()
        lines = '\n'.join('\t\t' + c_string(line) for line in text.splitlines(keepends=True))
        rows.append(f'\t{{"{file.stem}",\n{lines},\n\t\t{len(text)}}},\n')
    out.write_text('#include "control/models/library.h"\n\n'
                   'const struct library_model library_models[] = {\n' + ''.join(rows) + '};\n\n'
                   f'const size_t library_count = {len(files)};\n')


main()
