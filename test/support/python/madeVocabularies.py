"""Tokenizers with small made vocabularies, written apart from the library that Precedent uses: BERT's WordPiece and CLIP's byte pairs."""

import json
import os
import re
import unicodedata

PIECES = "a the of in nod ##ule lung lob ##e right upper ##er les ##ion hyp ##er ##o ##dense liver car ##cin ##oma 12 mm segment cyst".split()
WORDPIECE = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(PIECES), *".,;-()?'&", *"abcdefghijklmnopqrstuv", *"0123456789"]


def wordpiece_ids(text, length):
    ids = {token: number for number, token in enumerate(WORDPIECE)}
    plain = unicodedata.normalize("NFD", text.lower())
    plain = "".join(character for character in plain if unicodedata.category(character) != "Mn")
    found = []
    for word in re.findall(r"[a-z0-9]+|[^\sa-z0-9]", plain):
        found += pieces(word, ids)
    found = [ids["[CLS]"], *found[: length - 2], ids["[SEP]"]]
    return found + [ids["[PAD]"]] * (length - len(found))


def pieces(word, ids):
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in ids), None)
        if end is None:
            return [ids["[UNK]"]]
        found.append(ids[prefix + word[start:end]])
        start = end
    return found


def bytes_as_characters():
    """GPT-2's: printable bytes are themselves, the others follow from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = ["l u", "n g</w>", "lu ng</w>", "o f</w>", "l o", "lo b", "lob e</w>", "i n</w>"]
LETTERS = list(bytes_as_characters().values())
BYTE_PAIRS = [*LETTERS, *(letter + "</w>" for letter in LETTERS), *(merge.replace(" ", "") for merge in MERGES), START, END]


def byte_pair_ids(text, length):
    ids = {token: number for number, token in enumerate(BYTE_PAIRS)}
    found = []
    for word in re.findall(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:_|[^\s\w])+", unicodedata.normalize("NFC", text).lower()):
        symbols = [bytes_as_characters()[byte] for byte in word.encode()]
        symbols[-1] += "</w>"
        for merge in MERGES:
            first, second = merge.split(" ")
            at = 0
            while at < len(symbols) - 1:
                if symbols[at : at + 2] == [first, second]:
                    symbols[at : at + 2] = [first + second]
                at += 1
        found += [ids[symbol] for symbol in symbols]
    found = [ids[START], *found[: length - 2], ids[END]]
    return found + [ids[END]] * (length - len(found)), [1] * len(found) + [0] * (length - len(found))


def special(content, vocabulary):
    flags = dict(special=True, normalized=False, single_word=False, lstrip=False, rstrip=False)
    return dict(id=vocabulary.index(content), content=content, **flags)


def save(folder, value):
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(value, file)


def save_wordpiece(folder):
    save(
        folder,
        dict(
            added_tokens=[special(token, WORDPIECE) for token in WORDPIECE[:5]],
            normalizer=dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
            pre_tokenizer=dict(type="BertPreTokenizer"),
            post_processor=dict(type="BertProcessing", cls=["[CLS]", 2], sep=["[SEP]", 3]),
            decoder=None,
            model=dict(
                type="WordPiece",
                unk_token="[UNK]",
                continuing_subword_prefix="##",
                max_input_chars_per_word=100,
                vocab={token: number for number, token in enumerate(WORDPIECE)},
            ),
        ),
    )


def save_byte_pairs(folder):
    split = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    save(
        folder,
        dict(
            added_tokens=[special(START, BYTE_PAIRS), special(END, BYTE_PAIRS)],
            normalizer=dict(
                type="Sequence",
                normalizers=[dict(type="NFC"), dict(type="Replace", pattern=dict(Regex=r"\s+"), content=" "), dict(type="Lowercase")],
            ),
            pre_tokenizer=dict(
                type="Sequence",
                pretokenizers=[
                    dict(type="Split", pattern=dict(Regex=split), behavior="Removed", invert=True),
                    dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True),
                ],
            ),
            post_processor=dict(
                type="RobertaProcessing",
                cls=[START, BYTE_PAIRS.index(START)],
                sep=[END, BYTE_PAIRS.index(END)],
                trim_offsets=False,
                add_prefix_space=False,
            ),
            decoder=None,
            model=dict(
                type="BPE",
                unk_token=END,
                continuing_subword_prefix="",
                end_of_word_suffix="</w>",
                vocab={token: number for number, token in enumerate(BYTE_PAIRS)},
                merges=MERGES,
            ),
        ),
    )
