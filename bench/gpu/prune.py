"""Zeroes most of the machine code in onnxruntime's CUDA provider, so that it packs small: `prune.py SO OUT SM`.

The file keeps its size and layout. Each of its fat binaries holds the same kernels for several GPU generations. Of
each, what the GPU of compute capability SM (90 is 9.0) would take is kept, and of that only kernels that training and
prediction may need. A kernel that was left out fails when it is launched ("no kernel image is available"): take its
name out of UNUSED then. Needs zstandard.
"""

import re
import struct
import sys

import zstandard

MAGIC = 0xBA55ED50
# Files that are compiled for Hopper and newer alone are mixtures of experts and FlashAttention 3.
OLDEST_SPECIAL = 90
UNUSED = re.compile(
    "flash|moe|attention_kernel_batched|fpA_intB|masked_multihead|decoder|TopK|beam|LinearAttention|deform|conv_|FillOutput"
    "|PagedAtt|longformer|BiasDropout|Resize|roi|RNN|gru|lstm|nms|NonMax|Einsum|mamba|quant|nbits|blockwise|xqa|gqa"
    "|rotary|GridSample|Upsample|ngram|sampling|whisper|cross_attention|QK|lean",
    re.IGNORECASE,
)
# Fused attention of float16 with heads of 64.
USED = re.compile(
    "flash_fwd_kernel.*Flash_fwd_kernel_traitsILi64E.*half"
    "|attention_kernel_batched_impl.*half_tENS1_4arch4Sm80ELb[01]ELi64"
)


def fat_binary_sections(data):
    """Begin and end of the sections with fat binaries, from the table of sections of a 64-bit ELF file."""
    (table,) = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    sections = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    for name, _, _, _, offset, length in sections:
        start = sections[names][4] + name
        if data[start : data.index(b"\0", start)] in (b".nv_fatbin", b"__nv_relfatbin"):
            yield offset, offset + length


def fat_binaries(data):
    """The entries of each fat binary: (generation, begin, end of the code). It has no PTX, code for any generation."""
    for at, end in fat_binary_sections(data):
        while at + 16 <= end:
            magic, _, header, length = struct.unpack_from("<IHHQ", data, at)
            if magic != MAGIC:
                at += 8
                continue
            entry, at = at + header, at + header + length
            entries = []
            while entry < at:
                header, size = struct.unpack_from("<IQ", data, entry + 4)
                (generation,) = struct.unpack_from("<I", data, entry + 28)
                entries.append((generation, entry + header, entry + header + size))
                entry += header + size
            yield entries


def chosen(entries, sm):
    """What the driver takes: code for this GPU, or else for the newest before it of the same family."""
    if min(entry[0] for entry in entries) >= OLDEST_SPECIAL:
        return None
    return max((e for e in entries if e[0] <= sm and e[0] // 10 == sm // 10), key=lambda entry: entry[0], default=None)


def needed(code):
    """Whether a kernel among them may be run; what is not understood is kept."""
    try:
        code = zstandard.ZstdDecompressor().decompressobj().decompress(code)
    except zstandard.ZstdError:
        pass
    names = {name.decode() for name in re.findall(rb"\.text\.(\w+)", code)}
    return not names or any(not UNUSED.search(name) or USED.search(name) for name in names)


def prune(source, target, sm):
    with open(source, "rb") as file:
        data = bytearray(file.read())
    kept = total = 0
    for entries in list(fat_binaries(data)):
        keep = chosen(entries, sm)
        if keep and not needed(bytes(data[keep[1] : keep[2]])):
            keep = None
        for entry in entries:
            _, begin, end = entry
            total += end - begin
            if entry is keep:
                kept += end - begin
            else:
                data[begin:end] = bytes(end - begin)
    if kept == 0:
        sys.exit(f"{source} has no code for GPUs of compute capability {sm / 10}")
    with open(target, "wb") as file:
        file.write(data)
    print(f"kept {kept / 1e6:.1f} of {total / 1e6:.1f} MB of machine code")


if __name__ == "__main__":
    prune(sys.argv[1], sys.argv[2], int(sys.argv[3]))
