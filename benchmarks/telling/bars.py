"""How every benchmark tells its bars: in one line each, and by its exit code."""


class Bars:
    """Prints bars, and remembers whether one was short."""

    short = False

    def tell(self, name: str, value: float, target: str, *, ok: bool) -> None:
        """Print one bar."""
        self.short = self.short or not ok
        print(f"bar {name} {value:.6g} {target} {'ok' if ok else 'short'}", flush=True)

    def at_least(self, name: str, value: float, low: float) -> None:
        """Print a bar to be reached."""
        self.tell(name, value, f">={low:g}", ok=value >= low)

    def at_most(self, name: str, value: float, high: float) -> None:
        """Print a bar to stay under."""
        self.tell(name, value, f"<={high:g}", ok=value <= high)

    def between(self, name: str, value: float, low: float, high: float) -> None:
        """Print a bar with two ends."""
        self.tell(name, value, f"{low:g}..{high:g}", ok=low <= value <= high)
