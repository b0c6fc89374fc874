"""A TensorBoard of this process, and what finds its way about its pages."""

from __future__ import annotations

from pathlib import Path

from tensorboard import default, program

# Polymer hides its elements in trees of their own, the Projector in a frame too.
INNER = """
  const inner = (e) => e.shadowRoot || (e.tagName === 'IFRAME' && e.contentDocument);
  window.find = (selector, root = document) => {
    for (const e of root.querySelectorAll('*')) {
      const found = e.matches(selector) ? e : inner(e) && find(selector, inner(e));
      if (found) return found;
    }
    return null;
  };
  window.textIn = (root = document) => [...root.querySelectorAll('*')].map((e) => inner(e) ?
    textIn(inner(e)) : e.children.length ? '' : e.textContent.trim()).join(' ');
"""


def serve(logs: Path) -> str:
    """Starts a TensorBoard of a folder; returns its address."""
    server = program.TensorBoard(plugins=default.get_plugins())
    server.configure(argv=["", "--logdir", str(logs), "--host", "127.0.0.1", "--port", "0"])
    return server.launch()
