"""How well we decide: samples judged twice, and the figures that are published."""
