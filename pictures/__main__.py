"""Draw the pictures of the documentation anew: `make pictures`."""

from pictures.drawing import FOLDER, PICTURES


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), "utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
