"""pyahocorasick_match.py ENTRIES CAPTIONS: entries in captions, by pyahocorasick as MetaCLIP uses it.

Prints the CPU s that the automaton took. Then, for each line `time FROM TO` of its input, those that the captions took,
and for `prove FROM TO` the number of matches and their check sum.
"""
import json
import sys
import time

import ahocorasick

entries = json.load(open(sys.argv[1], encoding='utf-8'))
captions = json.load(open(sys.argv[2], encoding='utf-8'))

began = time.process_time()
automaton = ahocorasick.Automaton()
for number, entry in enumerate(entries):
    automaton.add_word(f' {entry} ', (number, entry))
automaton.make_automaton()
print(time.process_time() - began, flush=True)

MARKS = [(mark, f' {mark} ') for mark in ',.;:?!`']


def match(text):
    text = f' {text} '
    for mark, wide in MARKS:
        text = text.replace(mark, wide)
    for space in '\t\n\r':
        text = text.replace(space, ' ')
    found = set()
    for _, (number, _entry) in automaton.iter(text):
        found.add(number)
    return list(found)


for line in sys.stdin:
    what, first, last = line.split()
    texts = captions[int(first):int(last)]
    if what == 'time':
        began = time.process_time()
        for text in texts:
            match(text)
        print(time.process_time() - began, flush=True)
    else:
        matches = checksum = 0
        for place, text in enumerate(texts):
            found = match(text)
            matches += len(found)
            for number in found:
                checksum = (checksum + (number + 1) * (place + 1)) % 2**31
        print(json.dumps([matches, checksum]), flush=True)
