"""Starts and stops the platform on one machine: embedded database and broker, and every process of ours.

Knows no Django: it must work before settings can be read, and its failures are sentences for people.
"""
