"""Exports BiomedCLIP or MedImageInsight, on a machine that has its weights, as two encoders for Precedent: image and text.

  python3 tools/encoder/exportClip.py biomedclip --out DIR [--model hf-hub:… | --model local-dir:…]
  python3 tools/encoder/exportClip.py medimageinsight --package FOLDER --out DIR

Each encoder is a folder below DIR: encoder.json (from resources/encoders/ready, with the SHA-256 of the files beside it), model.onnx,
a text encoder's tokenizer.json, NOTICE.txt, and reference.json with what the original pipeline makes of some pictures or
texts. `npm run encoder:check -- DIR/ENCODER` then holds Precedent's own preparation and ONNX Runtime against that reference.
"""

import argparse
import base64
import hashlib
import inspect
import json
import os
import sys

READY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../resources/encoders/ready")
BIOMEDCLIP = "hf-hub:microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224"
OPSET = 17

NOTICES = {
    "biomedclip": "BiomedCLIP (Zhang et al., NEJM AI 2025, doi 10.1056/AIoa2400640), Microsoft, MIT licence:\n"
    "https://huggingface.co/microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224\n"
    "Its model card is for research; it puts any deployed use out of scope.\n",
    "medimageinsight": "MedImageInsight (Codella et al., arXiv:2410.06542), Microsoft. Distributed by Microsoft's model catalogue under\n"
    "its terms; the repackaging at https://huggingface.co/lion-ai/MedImageInsights is marked MIT.\n"
    "Meant for research and model development, not for clinical use as it is.\n",
}

# Short and long, with what tokenizers differ in: case, accents, punctuation, digits, unknown words, more than a text can hold.
TEXTS = [
    "",
    "A spiculated nodule of 12 mm in the right upper lobe.",
    "HEPATOCELLULAR carcinoma (segment VII), 3.5cm; arterial hyper-enhancement & wash-out?",
    "Müller's naïve xqzvw in São Paulo",
    "hypodense lesion of the liver, most likely a cyst. " * 60,
]


class ExportError(Exception):
    """One line for the user: what is wrong and what to do."""


def pictures():
    """Grey pictures that are made larger and smaller, upright and across: noise with steep edges, and waves."""
    import numpy

    def noise(x, y):
        return (x * x * 31 + y * 57 + x * y * 13) % 256

    def waves(x, y):
        return numpy.rint(127.5 + 80 * numpy.sin(x / 9) + 47 * numpy.cos(y / 13 + x / 31)).astype(int)

    for width, height, value in ((260, 301, noise), (97, 61, waves), (480, 480, waves)):
        y, x = numpy.mgrid[0:height, 0:width]
        yield value(x, y).astype(numpy.uint8)


def image_reference(preprocess, encode):
    """What `encode` (tensor [n, 3, s, s] -> [n, dim]) makes of the pictures after the model's own `preprocess`."""
    import torch
    from PIL import Image

    grey = list(pictures())
    inputs = torch.stack([preprocess(Image.fromarray(picture).convert("RGB")) for picture in grey])
    embeddings = run(encode, (inputs,))
    return inputs, {
        "pictures": [
            {
                "width": picture.shape[1],
                "height": picture.shape[0],
                "grey": base64.b64encode(picture.tobytes()).decode(),
                "embedding": embedding,
            }
            for picture, embedding in zip(grey, embeddings)
        ]
    }


def text_reference(inputs, encode):
    """As image_reference, of TEXTS; `inputs` are the tokenizer's tensors [n, length] by name."""
    embeddings = run(encode, tuple(inputs.values()))
    rows = zip(TEXTS, inputs["input_ids"].tolist(), embeddings)
    return {"texts": [{"text": text, "ids": ids, "embedding": embedding} for text, ids, embedding in rows]}


def run(module, inputs):
    import torch

    with torch.no_grad():
        return module(*inputs).float().tolist()


def module_of(function, *parts):
    """`function` as a module in evaluation mode that owns `parts`, which is what torch.onnx.export wants."""
    import torch

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = torch.nn.ModuleList(parts)

        def forward(self, *inputs):
            return function(*inputs)

    return Wrapped().eval()


def biomedclip(args):
    """The pairs (encoder's name, write) of BiomedCLIP, from open_clip."""
    try:
        import open_clip
    except ImportError as error:
        raise ExportError(f"open_clip is missing ({error}); pip install open_clip_torch==2.23.0 transformers==4.35.2") from None
    model, preprocess = open_clip.create_model_from_pretrained(args.model)
    tokenizer = open_clip.get_tokenizer(args.model)
    model = model.float().cpu().eval()

    def image(folder):
        encode = module_of(model.encode_image, model)
        inputs, reference = image_reference(preprocess, encode)
        write(folder, "biomedclip", encode, {"pixel_values": inputs}, reference)

    def text(folder):
        encode = module_of(model.encode_text, model)
        inputs = {"input_ids": tokenizer(TEXTS)}
        tokenizer.tokenizer.save_pretrained(folder)
        write(folder, "biomedclip", encode, inputs, text_reference(inputs, encode))

    return (("biomedclip-image", image), ("biomedclip-text", text))


def medimageinsight(args):
    """As biomedclip, from a copy of MedImageInsight's package: medimageinsightmodel.py beside the folder of weights."""
    import torch

    sys.path.insert(0, args.package)
    try:
        from medimageinsightmodel import MedImageInsight
        from transformers import CLIPTokenizerFast
    except ImportError as error:
        raise ExportError(
            f"MedImageInsight cannot be loaded from {args.package} ({error}); name the folder that holds medimageinsightmodel.py "
            "and install its requirements"
        ) from None
    package = MedImageInsight(os.path.join(args.package, args.weights), args.vision, args.language)
    package.load_model()
    model = package.model.float().cpu().eval()
    # Checkpointing recomputes in training; it cannot be exported and changes no result.
    model.image_encoder.enable_checkpoint = False

    def encode_text(ids, mask):
        hidden = model.lang_encoder(input_ids=ids, attention_mask=mask)["last_hidden_state"]
        # The end of the text has the highest number; ONNX Runtime looks for it among 32-bit integers only.
        end = ids.to(torch.int32).argmax(dim=-1)
        token = hidden.gather(1, end[:, None, None].expand(-1, 1, hidden.shape[-1]))[:, 0]
        projected = token @ model.lang_projection
        return projected / projected.norm(dim=-1, keepdim=True)

    def image(folder):
        encode = module_of(model.encode_image, model)
        inputs, reference = image_reference(package.preprocess, encode)
        write(folder, "medimageinsight", encode, {"pixel_values": inputs}, reference)

    def text(folder):
        fill = dict(padding="max_length", max_length=package.max_length, truncation=True, return_tensors="pt")
        tokens = package.tokenize(TEXTS, **fill)
        inputs = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        original = model.encode_text(dict(inputs)).detach()
        encode = module_of(encode_text, model)
        if not torch.allclose(encode(*inputs.values()), original, atol=1e-5):
            raise ExportError("this package of MedImageInsight pools its texts in another way; it cannot be exported")
        vocabulary = os.path.join(args.package, args.weights, "language_model", "clip_tokenizer_4.16.2")
        CLIPTokenizerFast.from_pretrained(vocabulary).save_pretrained(folder)
        write(folder, "medimageinsight", encode, inputs, text_reference(inputs, encode))

    return (("medimageinsight-image", image), ("medimageinsight-text", text))


def write(folder, notice, module, inputs, reference):
    """Everything but the tokenizer's files, which lie in `folder` already."""
    import torch

    manifest = template(os.path.basename(folder))
    path = os.path.join(folder, manifest["model"]["file"])
    names = list(inputs)
    # Newer versions of torch export by another way unless they are told; this one needs no further package.
    parameters = inspect.signature(torch.onnx.export).parameters
    legacy = {"dynamo": False} if "dynamo" in parameters else {}
    torch.onnx.export(
        module,
        tuple(tensor[:2] for tensor in inputs.values()),
        path,
        input_names=names,
        output_names=[manifest["output"]["name"]],
        dynamic_axes={name: {0: "batch"} for name in (*names, manifest["output"]["name"])},
        opset_version=OPSET,
        do_constant_folding=True,
        **legacy,
    )
    for entry in (manifest["model"], manifest.get("tokenizer")):
        if entry:
            entry["sha256"] = sha256(os.path.join(folder, entry["file"]))
    with open(os.path.join(folder, "NOTICE.txt"), "w", encoding="utf-8") as file:
        file.write(NOTICES[notice])
    write_json(os.path.join(folder, "reference.json"), reference)
    write_json(os.path.join(folder, "encoder.json"), manifest, indent=2)


def template(name):
    with open(os.path.join(READY, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


def write_json(path, value, indent=None):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=indent, ensure_ascii=False)
        file.write("\n")


def sha256(path):
    try:
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
            return digest.hexdigest()
    except FileNotFoundError:
        raise ExportError(f"{path} was not written; a newer version of transformers may be needed") from None


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    models = parser.add_subparsers(dest="model_name", required=True)
    first = models.add_parser("biomedclip")
    first.add_argument("--model", default=BIOMEDCLIP, help="what open_clip calls the model (default: %(default)s)")
    first.set_defaults(encoders=biomedclip)
    second = models.add_parser("medimageinsight")
    second.add_argument("--package", required=True, help="the folder that holds medimageinsightmodel.py")
    second.add_argument("--weights", default="2024.09.27", help="the folder of weights in the package (default: %(default)s)")
    second.add_argument("--vision", default="medimageinsigt-v1.0.0.pt")
    second.add_argument("--language", default="language_model.pth")
    second.set_defaults(encoders=medimageinsight)
    for each in (first, second):
        each.add_argument("--out", required=True, help="where the two encoders' folders are made")
    args = parser.parse_args(argv)
    try:
        import torch  # noqa: F401: told here, in one line, rather than wherever it is needed first
    except ImportError as error:
        raise ExportError(f"PyTorch is missing ({error}); pip install torch torchvision") from None
    for name, export in args.encoders(args):
        folder = os.path.join(args.out, name)
        if os.path.exists(os.path.join(folder, "encoder.json")):
            raise ExportError(f"{folder} holds an encoder already; name another folder")
        os.makedirs(folder, exist_ok=True)
        export(folder)
        print(f"wrote {folder}; now: npm run encoder:check -- {folder}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ExportError as error:
        sys.exit(f"exportClip: {error}")
